// Owns the five bytes before each message of gRPC: a flag, and the length of what follows.

export const frameHeaderLength = 5;

/** Of a message that is not compressed. */
export function frameHeader(length: number): Buffer {
  const header = Buffer.alloc(frameHeaderLength);
  header.writeUInt32BE(length, 1);
  return header;
}
