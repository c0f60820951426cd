// Owns what is said of something that was thrown: JavaScript lets anything be thrown.

export function errorText(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
