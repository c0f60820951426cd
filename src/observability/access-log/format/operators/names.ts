// Owns the operators on what the request was matched to and on the process that logs it.
import { hostname } from 'node:os';
import { systemRandom } from '../../../../base/random.ts';
import type { LogContext } from '../../context.ts';
import {
  bare,
  bytes,
  ConstantOperator,
  name,
  needsParameters,
  type OperatorFactory,
  type OperatorTable,
  plain,
} from '../operator.ts';

function observabilityName({ streamInfo }: LogContext): string {
  const host = streamInfo.upstream?.host;
  if (host !== null && host !== undefined && host.clusterObservabilityName !== '') return host.clusterObservabilityName;
  return streamInfo.clusterObservabilityName === '' ? streamInfo.clusterName : streamInfo.clusterObservabilityName;
}

const hostName: OperatorFactory = (call) => {
  bare(call);
  return new ConstantOperator(hostname());
};

/** Read when the format is made: the environment of a process does not change. Cut to whole characters. */
const environment: OperatorFactory = (call) => {
  const value = process.env[needsParameters(call, 'the name of a variable')] ?? '-';
  return new ConstantOperator(value.slice(0, call.maxLength ?? value.length));
};

export const nameOperators: OperatorTable = {
  ROUTE_NAME: name((context) => context.streamInfo.routeName),
  VIRTUAL_CLUSTER_NAME: name((context) => context.streamInfo.virtualClusterName),
  UPSTREAM_CLUSTER: name(observabilityName),
  UPSTREAM_CLUSTER_RAW: name((context) => context.streamInfo.clusterName),
  STREAM_ID: bytes((context) => context.streamInfo.requestId || undefined),
  UNIQUE_ID: plain(() => systemRandom.uuid()),
  TRACE_ID: plain((context) => context.streamInfo.traceId || undefined),
  SPAN_ID: plain((context) => context.streamInfo.spanId || undefined),
  HOSTNAME: hostName,
  ENVIRONMENT: environment,
};
