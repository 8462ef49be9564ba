/** How much a body may hold that is read at all. */
import type { RequestHandler } from "express";
import { maxCharacters } from "../ledger/index.ts";
import { BodyTooLargeError } from "./errors.ts";

/** In bytes, a file in a form: a delimiter, a quotation mark and a line's end take three characters each. */
export const largestBody = maxCharacters * 3;

/**
 * A body that says beforehand that it is larger than any that is read is refused at once, while it is sent: the parsers would
 * read it to its end first. What follows is thrown away as it comes. The connection is left open for it, also where the sender asks
 * to have it closed after the answer: closed with something unread, it is reset, and the answer lost.
 */
export const refuseLargeBody: RequestHandler = ({ headers }, response, next) => {
  const length = Number(headers["content-length"] ?? 0);
  if (length > largestBody) {
    response.shouldKeepAlive = true;
    throw new BodyTooLargeError(largestBody, length);
  }
  next();
};
