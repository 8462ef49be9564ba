import { messageOf, type Plain, type Plainly } from "../../plain.ts";

/** What is wrong, or worth knowing: an error's code and message, and what a person is told of it. */
export interface Remark extends Plainly {
  readonly code: string;
  readonly message: string;
}

/** Worth knowing, and nothing is wrong. */
export interface Note {
  readonly message: string;
  readonly plain: Plain;
}

export const noteOf = (words: Plain): Note => ({ message: messageOf(words), plain: words });

/** Of what has no error of its own. */
export const remarkIn = (code: string, words: Plain): Remark => ({ code, ...noteOf(words) });

export const remarkOf = ({ code, message, plain }: Remark): Remark => ({
  code,
  message,
  ...(plain && { plain }),
});

/** Collects what there is to say of one line. */
export class Remarks {
  readonly errors: Remark[] = [];
  readonly warnings: Remark[] = [];
  readonly notes: Note[] = [];

  refuse(error: Remark): void {
    this.errors.push(remarkOf(error));
  }

  warn(code: string, words: Plain): void {
    this.warnings.push(remarkIn(code, words));
  }

  note(words: Plain): void {
    this.notes.push(noteOf(words));
  }
}
