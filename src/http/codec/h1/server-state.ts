// What the server codec reads next.
export const ServerState = {
  /** Before or within a head. */
  Head: 0,
  Length: 1,
  Chunked: 2,
  Trailers: 3,
  Raw: 4,
  /** Nothing more is read: an error, a reset, the last exchange, the end of the connection. */
  Ended: 5,
} as const;
export type ServerState = (typeof ServerState)[keyof typeof ServerState];
