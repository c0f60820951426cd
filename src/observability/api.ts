// What extensions may use of what is known about a request.
export { ResponseFlag } from './response-flags.ts';
export type { DownstreamConnectionInfo, FilterStateObject, MetadataMap, StreamInfo } from './stream-info.ts';
