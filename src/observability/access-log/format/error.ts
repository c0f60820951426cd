// Owns what is wrong with a format, in words.

export class FormatError extends Error {
  /** Character in the format where it starts, from 0. */
  readonly position: number;

  constructor(message: string, position: number) {
    super(message);
    this.position = position;
  }
}
