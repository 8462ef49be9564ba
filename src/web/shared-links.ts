/** Where a link leads. `origin`: of this installation. */
export const sharedLinkAddress = (origin: string, token: string): string => `${origin}/shared/${token}`;

/** A path as our log may have it: that of a link is its secret. */
export const loggedPath = (path: string): string => path.replace(/^\/shared\/.*/s, "/shared/…");
