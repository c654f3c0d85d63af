/** What a page may call and hear: `window.Postil`, and events that bubble out of an article's root. */

export interface PostilOptions {
  /** A CSS selector of the article, or of several: `data-root`. */
  root?: string;
  /** A CSS selector of the headings that begin a section: `data-headings`. */
  headings?: string;
  /** Your own id of the page: `data-page`. */
  page?: string;
  /** The language of the widget's own words: `data-lang`. */
  lang?: string;
  theme?: PostilTheme;
}

export type PostilTheme = "light" | "dark" | "auto";

/** A section's discussion, as counted now. */
export interface PostilSection {
  id: string;
  heading?: string;
  comments: number;
  /** When the last comment was written, in epoch seconds. */
  last?: number;
}

/** What an event tells; as a DOM event its name begins with `postil:`, and this is its `detail`. */
export interface PostilEvents {
  /** An article has its rows and counts. */
  ready: null;
  counts: { sections: PostilSection[] };
  /** The panel shows a section: its id, null before its first comment. */
  open: { section: string | null };
  close: null;
  /** The reader's own comment is kept. */
  posted: { comment: { id: string } };
  /** Others have written where the reader is. */
  arrived: { count: number };
  error: { code: string };
}

export interface PostilWidget {
  /** When the articles that were on the page first have their rows. In manual mode: after mount(). */
  readonly ready: Promise<PostilWidget>;
  /** Of the widget's files: another where any of them is. */
  readonly version: string;
  /** Find and draw the articles; with a root or options in place of what there was. */
  mount(root?: Element | string | null, options?: PostilOptions): Promise<void>;
  /** Take everything off the page, until mount(). */
  unmount(): void;
  /** Look at the page anew: at once, where a change would be found soon. */
  refresh(): Promise<void>;
  /** Open a section, by your key for it, its heading's id or its own; or a comment, by its id. */
  open(name: string): Promise<void>;
  setTheme(theme: PostilTheme): void;
  /** Hear of an event; what is given back ends that. */
  on<Type extends keyof PostilEvents>(type: Type, listener: (detail: PostilEvents[Type]) => void): () => void;
}

declare global {
  interface Window {
    /** Absent until the script tag was read. */
    Postil?: PostilWidget;
  }
  interface WindowEventMap {
    "postil:ready": CustomEvent<PostilEvents["ready"]>;
    "postil:counts": CustomEvent<PostilEvents["counts"]>;
    "postil:open": CustomEvent<PostilEvents["open"]>;
    "postil:close": CustomEvent<PostilEvents["close"]>;
    "postil:posted": CustomEvent<PostilEvents["posted"]>;
    "postil:arrived": CustomEvent<PostilEvents["arrived"]>;
    "postil:error": CustomEvent<PostilEvents["error"]>;
  }
}
