// The transport socket that is none: bytes go as they come.
export const factory = { create: (): null => null };
