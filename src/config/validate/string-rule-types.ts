/** Names from validate.proto that are needed as values, not only as types. */
export type { StringRules } from '../../generated/validate/validate_pb.d.ts';

/** validate.KnownRegex. */
export const KnownRegex = { UNKNOWN: 0, HTTP_HEADER_NAME: 1, HTTP_HEADER_VALUE: 2 } as const;
export type KnownRegex = (typeof KnownRegex)[keyof typeof KnownRegex];
