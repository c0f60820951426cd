// Owns how inputs are read for places that take any input there is of HTTP, as rate limits do.
import type { Message } from '@bufbuild/protobuf';
import type { HttpRequestQueryParamMatchInput } from '../../generated/envoy/type/matcher/v3/http_inputs_pb.d.ts';
import { requestInput } from './config-inputs.ts';
import { FixedInput, type RequestData } from './inputs.ts';
import type { DataInput } from './match-tree.ts';
import { QueryParameterInput, SourceTypeInput } from './request-inputs.ts';

/** Undefined, without a report, for messages that are no input of HTTP. */
export function httpInput(message: Message): DataInput<RequestData> | undefined {
  switch (message.$typeName) {
    case 'envoy.type.matcher.v3.HttpRequestQueryParamMatchInput':
      return new QueryParameterInput((message as HttpRequestQueryParamMatchInput).queryParam);
    case 'envoy.extensions.matching.common_inputs.network.v3.SourceTypeInput':
      return new SourceTypeInput();
    default:
      return isOfLater(message) ? new FixedInput(undefined) : requestInput(message);
  }
}

/** What is not there before the request's trailers or the response. */
export function isOfLater(message: Message): boolean {
  return laterInputs.has(message.$typeName);
}

const laterInputs: ReadonlySet<string> = new Set([
  'envoy.type.matcher.v3.HttpRequestTrailerMatchInput',
  'envoy.type.matcher.v3.HttpResponseHeaderMatchInput',
  'envoy.type.matcher.v3.HttpResponseTrailerMatchInput',
  'envoy.type.matcher.v3.HttpResponseStatusCodeMatchInput',
  'envoy.type.matcher.v3.HttpResponseStatusCodeClassMatchInput',
  'envoy.type.matcher.v3.HttpResponseLocalReplyMatchInput',
]);
