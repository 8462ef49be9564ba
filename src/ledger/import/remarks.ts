/** What is wrong, or worth knowing: an error's code and message. */
export interface Remark {
  readonly code: string;
  readonly message: string;
}

export const remarkOf = ({ code, message }: Remark): Remark => ({ code, message });

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
