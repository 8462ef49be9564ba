import type { Plainly } from "../../plain.ts";

/** What is wrong, or worth knowing: an error's code and message, and what a person is told of it. */
export interface Remark extends Plainly {
  readonly code: string;
  readonly message: string;
}

export const remarkOf = ({ code, message, plain }: Remark): Remark => ({
  code,
  message,
  ...(plain && { plain }),
});

/** Collects what there is to say of one line. */
export class Remarks {
  readonly errors: Remark[] = [];
  readonly warnings: Remark[] = [];
  readonly notes: string[] = [];

  refuse(error: Remark): void {
    this.errors.push(remarkOf(error));
  }

  warn(code: string, message: string): void {
    this.warnings.push({ code, message });
  }
}
