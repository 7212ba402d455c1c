/**
 * Cuts a long text of rows into pieces that end where a row ends, so that each can be sent as a
 * request of its own. A browser reads no answer before it has sent the whole request, and the
 * server reads no more of a request than it has answered: pieces must be small.
 */

/** Longer rows are cut off: the server refuses them in their place. Its own limit is less. */
const MOST_IN_ROW = 20_000;

export interface Piece {
  text: string;
  /** Lines of the file before this piece, from 0. */
  before: number;
}

/** Takes text as it comes, and gives pieces of at least `size` characters, but for the last. */
export class RowCutter {
  readonly #quoted: boolean;
  readonly #size: number;
  #rows: string[] = [];
  #characters = 0;
  #before = 0;
  /** The beginning of a row that has not ended. */
  #row = "";
  #open = false;
  /** Whether a mark has just closed a cell, so that one right after it is an escape. */
  #closed = false;
  #last = "\n";

  /** `quoted` where a line break between quotation marks is part of a cell, as in CSV. */
  constructor(quoted: boolean, size: number) {
    this.#quoted = quoted;
    this.#size = size;
  }

  push(text: string): Piece[] {
    const pieces: Piece[] = [];
    let start = 0;
    for (let i = 0; i < text.length; i += 1) {
      const c = text[i];
      if (c === "\n" && (!this.#open || this.#row.length + i - start > MOST_IN_ROW)) {
        this.#end(text.slice(start, i + 1));
        start = i + 1;
        if (this.#characters >= this.#size) pieces.push(this.#take());
      } else if (this.#quoted && c === '"') {
        this.#mark();
      }
      this.#last = c ?? "";
    }
    this.#row = (this.#row + text.slice(start)).slice(0, MOST_IN_ROW + 1);
    return pieces;
  }

  /** What is left when nothing more comes. */
  finish(): Piece[] {
    if (this.#row !== "") this.#end("");
    return this.#rows.length === 0 ? [] : [this.#take()];
  }

  #end(rest: string): void {
    const whole = this.#row + rest;
    const row = whole.length > MOST_IN_ROW + 1 ? `${whole.slice(0, MOST_IN_ROW)}\n` : whole;
    this.#rows.push(row);
    this.#characters += row.length;
    this.#row = "";
    this.#open = false;
    this.#closed = false;
  }

  #mark(): void {
    if (this.#open) {
      this.#open = false;
      this.#closed = true;
    } else {
      // A mark opens only at the beginning of a cell; elsewhere it is a character like any other.
      this.#open = this.#last === "," || this.#last === "\n" || (this.#last === '"' && this.#closed);
      this.#closed = false;
    }
  }

  #take(): Piece {
    const piece = { text: this.#rows.join(""), before: this.#before };
    this.#before += this.#rows.length;
    this.#rows = [];
    this.#characters = 0;
    return piece;
  }
}
