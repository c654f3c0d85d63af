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
    sections: {
      heading: string;
      level: number;
      id?: string;
      key?: string;
      /** Of its words: fingerprint.js. */
      print?: string;
      first?: string;
      last?: string;
    }[];
  }

  interface Section {
    id: string;
    heading?: string;
    state?: "open" | "slow" | "locked" | "closed";
    /** Where it is slow: one comment of an author in so many. */
    minutes?: number;
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
    /** The thread at each place of the outline asked for; absent where that must be sent whole. */
    outline?: (string | null)[];
    /** Threads that were merged into the section at a place. */
    joined?: Record<number, string[]>;
    /** The thread that the section at a place was once a part of. */
    parts?: Record<number, string>;
    earlier?: Earlier[];
    /** Where a language was asked for: that of the words, "rtl" where it is read so, and its group `row`. */
    lang?: string;
    dir?: string;
    words?: Article["words"];
    /** Of an outline that was sent without its hash. */
    hash?: string;
  }

  /** A thread whose words are not in the outline. */
  interface Earlier {
    section: string;
    heading?: string;
    excerpt?: string;
  }

  /** A section's heading and beginning, in the owner's own text. */
  interface Excerpt {
    heading?: string;
    excerpt?: string;
  }

  interface ThenAndNow {
    then?: Excerpt;
    now?: Excerpt;
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
    /** Its section read otherwise when it was written. */
    earlier?: boolean;
    /** For moderators: which edition this is, absent for the first. */
    edition?: number;
    /** The edit that waits, for moderators and its author; then the `source` is of that, the html not. */
    held?: { html: string; edition: number };
    /** The text of an edit of which its author was told that it is refused. */
    refused?: string | false;
    /** Why it waits for moderators. */
    why?: { kind: string; says: string; marks?: string[] }[];
    /** For moderators what its author says against a decision; to him, what became of that. */
    appeal?: string;
    can_appeal?: boolean;
  }

  /** What a moderator decided, so that it can be undone. */
  interface Decided extends Answer {
    decision: { id: string; move: string; reason?: string };
  }

  interface Thread {
    since: string;
    section: Section;
    comments: Omit<Comment, "revision">[];
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
    /** In seconds. */
    retry_after?: number;
    /** When a ban ends, in epoch seconds. */
    until?: number;
  }

  /** What the loader found and drew for one section of the page. */
  interface Place {
    heading: string;
    /** Names the section in this browser's storage, also before it has an id. */
    name: string;
    /** The thread that leads here; null before its first comment. */
    id: string | null;
    /** Others that were merged into it. */
    joined: string[];
    /** The thread that this was once a part of. */
    part?: string;
    /** The host at its end. */
    row: HTMLElement;
    /** What opens it, in there. */
    opener: HTMLElement;
    /** The host beside its heading; nowhere on the page where there is no heading. */
    mark: HTMLElement;
    /** As sections.js found it. */
    section: any;
    draw(seen?: Seen): void;
  }

  /** In `postil:seen` of localStorage, by page: how many comments of a section were read, and the time of the last. */
  type Seen = Record<string, [comments: number, last?: number]>;

  /** What the articles of a page share. */
  interface Loader {
    service: string;
    modules: string;
    /** Of the script tag, and of Postil.mount(). */
    options: {
      root?: string | Element;
      headings?: string;
      page?: string;
      lang?: string;
      theme?: string;
      presence?: string;
      mode?: string;
    };
    /** Asked for when a reader is about to open it. */
    panel(): Promise<any>;
    open(article: Article, place: Place | null, comment?: string): void;
    /** It is not on the page any more. */
    left(article: Article): void;
    /** Its places and outline are new. */
    changed(article: Article): void;
  }

  /** The page as the loader hands it to the panel. */
  interface Article {
    service: string;
    /** Where the widget's modules and catalogs lie. */
    modules: string;
    /** Which catalog the widget speaks from, and which way that is read: "ltr" or "rtl". */
    lang: string;
    dir: string;
    /** Of that catalog what stands on rows: its group `row`. */
    words?: typeof import("./src/lang/en.more.json").row;
    /** May readers be counted while they read? */
    presence: boolean;
    /** What holds the article's sections. */
    root: Element;
    ref: PageRef;
    outline: Outline;
    places: Place[];
    /** What was last told of each thread, by its id. */
    known: Record<string, Section>;
    /** Absent while there was never any. */
    earlier?: Earlier[];
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
    /** Tell the page: a bubbling, composed event `postil:TYPE` from the root. */
    emit(type: string, detail?: object): void;
  }

  type LiveMessage =
    | { type: "changes"; section: string; revision: number; comments: Comment[]; gone: string[] }
    | { type: "counts"; since: string; sections: Section[]; views?: number }
    | { type: "presence"; reading: number; writing: number }
    | { type: "resync"; since: string }
    | { type: "error"; code: string; detail: string }
    | { type: "watching"; since: string };
}

/** Where the browser has one. */
declare var Sanitizer: { new (config: object): object };

interface HTMLElement {
  setHTML?(html: string, options?: { sanitizer?: object }): void;
}
