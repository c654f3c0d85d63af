/** The shapes that the widget's modules share: the service's answers, and the page as the loader found it. */
declare namespace Postil {
  type Sort = "oldest" | "newest" | "supported";

  /** How a page is named to the service. */
  interface PageRef {
    url: string;
    key?: string;
    title?: string;
  }

  interface Outline {
    hash: string;
    sections: { heading: string; level: number; id?: string; key?: string; print?: string }[];
  }

  interface Section {
    id: string;
    heading?: string;
    state?: "open" | "slow" | "locked" | "closed";
    comments: number;
    pending?: number;
    hidden?: number;
    last?: number;
    faces?: string[];
  }

  interface Page {
    id?: string;
    since: string;
    title?: string;
    views: number;
    comments: number;
    sections: Section[];
    outline?: (string | null)[];
  }

  /** A tombstone has a state, and no author and no html. */
  interface Comment {
    id: string;
    section?: string;
    parent?: string;
    author?: string;
    role?: "moderator" | "owner";
    at: number;
    edited?: number;
    revision: number;
    html?: string;
    support?: number;
    flags?: number;
    state?: "pending" | "hidden" | "removed" | "purged" | "published" | "gone";
    reason?: string;
    source?: string;
    editable_until?: number;
  }

  interface Thread {
    since: string;
    section: Section;
    comments: Comment[];
    next?: string;
    more?: Record<string, string>;
    focus?: string;
  }

  interface Changes {
    since: string;
    resync?: boolean;
    views?: number;
    sections: Section[];
    comments: Comment[];
    gone: string[];
  }

  interface Own {
    name?: string;
    comments: Comment[];
    reacted: string[];
    flagged: string[];
  }

  interface Answer {
    comment: Comment;
    section: Section;
    since: string;
    own?: { editable_until?: number; source?: string };
  }

  interface Grant {
    token: string;
    name: string;
    role: string;
    expires: number;
  }

  interface Problem {
    code: string;
    status: number;
    title?: string;
    detail?: string;
    field?: string;
  }

  /** What the loader found and drew for one section of the page. */
  interface Place {
    heading: string;
    /** Names the section in this browser's storage, also before it has an id. */
    name: string;
    id: string | null;
    known: Section | null;
    row: HTMLElement;
    opener: HTMLElement;
    draw(): void;
  }

  /** The page as the loader hands it to the panel. */
  interface Article {
    service: string;
    ref: PageRef;
    outline: Outline;
    places: Place[];
    since: string;
    tokens: CSSStyleSheet;
    /** Ask for the page afresh: which section stands where, counts, and a new `since`. */
    identify(): Promise<void>;
    /** Take changed counts in. @returns whether every section named has its place here. */
    count(sections: Section[]): boolean;
    views(count: number): void;
    /** Sent with each question from now on: who asks. */
    headers: Record<string, string>;
    face(name: string): SVGElement;
  }

  type LiveMessage =
    | { type: "changes"; section: string; comments: Comment[]; gone: string[] }
    | { type: "counts"; since: string; sections: Section[]; views?: number }
    | { type: "resync"; since: string }
    | { type: "error"; code: string; detail: string }
    | { type: "watching"; since: string };
}

interface HTMLElement {
  setHTML?(html: string, options?: { sanitizer: object }): void;
}
