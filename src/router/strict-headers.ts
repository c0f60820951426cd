// Owns strict_check_headers: requests whose x-envoy headers cannot be read are refused instead of read in part.
import type { DecoderFilterCallbacks } from '../http/filter/api.ts';
import type { RequestHeaders } from '../http/headers/header-map.ts';
import { type NameInfo, Names } from '../http/headers/name.ts';
import { ResponseFlag } from '../observability/response-flags.ts';
import { isRetryGrpcOnList, isRetryOnList } from './retry-on.ts';

/** False after a local reply. */
export function checkStrictly(
  names: readonly NameInfo[],
  headers: RequestHeaders,
  callbacks: DecoderFilterCallbacks,
): boolean {
  for (const name of names) {
    const value = headers.getJoined(name);
    if (value === undefined || isValid(name, value)) continue;
    callbacks.streamInfo.setFlag(ResponseFlag.InvalidEnvoyRequestHeaders);
    callbacks.sendLocalReply({
      status: 400,
      body: `invalid header '${name.name}' with value '${value}'`,
      bodyIsBytes: true,
      details: `request_headers_failed_strict_check{${name.name}}`,
      cause: `the client sent ${name.name}: ${value}, which cannot be read (strict_check_headers)`,
    });
    return false;
  }
  return true;
}

function isValid(name: NameInfo, value: string): boolean {
  if (name === Names.xEnvoyRetryOn) return isRetryOnList(value);
  if (name === Names.xEnvoyRetryGrpcOn) return isRetryGrpcOnList(value);
  return /^\s*\d{1,19}\s*$/.test(value);
}
