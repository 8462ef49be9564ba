/** Where a link leads. `origin`: of this installation. */
export const sharedLinkAddress = (origin: string, token: string): string => `${origin}/shared/${token}`;
