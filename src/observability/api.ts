// What extensions may use of what is known about a request.
export { ResponseFlag } from './response-flags.ts';
export {
  type DownstreamConnectionInfo,
  type FilterStateObject,
  FilterStateText,
  type MetadataMap,
  noAddress,
  StreamInfo,
  UpstreamInfo,
} from './stream-info.ts';
