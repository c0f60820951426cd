// GrpcService as configured: whom to call, and what goes along.
// covers: envoy.config.core.v3.GrpcService.{envoy_grpc, timeout, initial_metadata, retry_policy}
// covers: envoy.config.core.v3.GrpcService.EnvoyGrpc.{cluster_name, authority, retry_policy, max_receive_message_length, skip_envoy_headers}
// covers: envoy.config.core.v3.RetryPolicy.{retry_back_off, num_retries, retry_on, retry_priority}
// covers: envoy.config.core.v3.RetryPolicy.{retry_host_predicate, host_selection_retry_max_attempts}
// covers: envoy.config.core.v3.RetryPolicy.RetryHostPredicate.{typed_config}
// covers: envoy.config.core.v3.RetryPolicy.RetryPriority.{typed_config}
import { create, type DescMessage, fromJson, type JsonValue } from '@bufbuild/protobuf';
import t from 'tap';
import { ConfigContext, messageDescriptor, registry } from '../../../src/config/api.ts';
import { type GrpcServiceMessage, readGrpcService } from '../../../src/grpc/config.ts';
import { callHeaders } from '../../../src/grpc/request-headers.ts';
import type { GrpcTarget } from '../../../src/grpc/target.ts';
import { RequestHeaders } from '../../../src/http/headers/header-map.ts';
import { headerName } from '../../../src/http/headers/name.ts';
import { StreamInfo } from '../../../src/observability/stream-info.ts';
import { downstreamInfo } from '../../support/connection-manager.ts';

const previousHosts = 'type.googleapis.com/envoy.extensions.retry.host.previous_hosts.v3.PreviousHostsPredicate';
const previousPriorities =
  'type.googleapis.com/envoy.extensions.retry.priority.previous_priorities.v3.PreviousPrioritiesConfig';
const schema: DescMessage = messageDescriptor('envoy.config.core.v3.GrpcService');

function read(json: JsonValue): { target: GrpcTarget | undefined; context: ConfigContext } {
  const context = new ConfigContext();
  const message = fromJson(schema, json, { registry: registry() }) as GrpcServiceMessage;
  return { target: readGrpcService(message, {}, context), context };
}

async function problems(json: JsonValue): Promise<string[]> {
  const { target, context } = read(json);
  t.equal(target, undefined);
  return (await context.takeDiagnostics()).map(({ code, message }) => `${code} ${message}`);
}

function headersFor(target: GrpcTarget | undefined, parent: RequestHeaders | null): string[] {
  if (target === undefined) throw new Error('refused');
  const headers = callHeaders(target, {
    path: '/a.B/C',
    timeoutMs: 0,
    metadata: [],
    parent: parent === null ? null : { requestHeaders: parent, streamInfo: new StreamInfo(0, 0, downstreamInfo) },
    localAddress: '10.1.1.1',
  });
  return Array.from({ length: headers.size }, (_, i) => `${headers.nameAt(i).name}: ${headers.valueAt(i)}`);
}

t.test('all of it', (t) => {
  const { target, context } = read({
    envoyGrpc: {
      clusterName: 'control-plane',
      authority: 'é.example',
      maxReceiveMessageLength: 4000,
      skipEnvoyHeaders: true,
      retryPolicy: { retryBackOff: { baseInterval: '0.2s' } },
    },
    timeout: '1.5s',
    retryPolicy: {
      retryOn: 'unavailable',
      numRetries: 4,
      hostSelectionRetryMaxAttempts: '3',
      retryHostPredicate: [{ name: 'a', typedConfig: { '@type': previousHosts } }],
      retryPriority: { name: 'b', typedConfig: { '@type': previousPriorities, updateFrequency: 2 } },
    },
    initialMetadata: [],
  });
  t.notOk(context.failed);
  t.match(target, {
    clusterName: 'control-plane',
    authority: 'Ã©.example',
    timeoutMs: 1500,
    maxReceiveMessageLength: 4000,
    skipEnvoyHeaders: true,
    reconnectBackOff: { baseMs: 200, maxMs: 2000 },
    // Asked of the real Envoy: a second at first, and no attempt is longer than the longest wait.
    retryPolicy: {
      numRetries: 4,
      backOffBaseMs: 1000,
      backOffMaxMs: 10_000,
      perTryTimeoutMs: 10_000,
      hostSelectionAttempts: 3,
      hostPredicates: [{}],
      retryPriority: {},
    },
  });
  t.end();
});

t.test('what is not said', (t) => {
  const { target } = read({ envoyGrpc: { clusterName: 'c' } });
  t.match(target, { authority: 'c', timeoutMs: 0, maxReceiveMessageLength: 0, skipEnvoyHeaders: false });
  t.equal(target?.retryPolicy, null);
  t.equal(target?.reconnectBackOff, null);
  t.end();
});

t.test('metadata: the last value of a name, formats for calls that are made for a request', (t) => {
  const { target } = read({
    envoyGrpc: { clusterName: 'c' },
    initialMetadata: [
      { key: 'x-one', value: '1' },
      { key: 'X-One', value: '2' },
      { key: 'x-empty', value: '' },
      { key: 'x-raw', rawValue: 'aGVsbG8=' },
      { key: 'x-text', value: 'é' },
      { key: 'x-of', value: 'a%REQ(x-foo)%b' },
      { key: 'x-nothing', value: '%REQ(x-bar)%' },
      { key: 'x-of-bin', value: '%REQ(x-foo)%' },
      { key: 'x-percent', value: '100%%' },
    ],
  });
  const parent = new RequestHeaders();
  parent.append(headerName('x-foo'), 'foo value');
  const frame = ['te: trailers', 'content-type: application/grpc', 'x-one: 2', 'x-text: Ã©'];
  const envoys = ['x-envoy-internal: true', 'x-forwarded-for: 10.1.1.1'];
  t.same(headersFor(target, parent), [
    ...frame,
    'x-of: afoo valueb',
    'x-of-bin: Zm9vIHZhbHVl',
    'x-percent: 100%',
    ...envoys,
  ]);
  t.same(
    headersFor(target, null),
    [
      ...frame,
      'x-of: a%REQ(x-foo)%b',
      'x-nothing: %REQ(x-bar)%',
      'x-of-bin: JVJFUSh4LWZvbykl',
      'x-percent: 100%%',
      ...envoys,
    ],
    'a call of the process itself has no request to speak of: texts stay as they are, as in Envoy',
  );
  t.end();
});

t.test('what is refused', async (t) => {
  const envoyGrpc = { clusterName: 'c' };
  t.match(await problems({}), [/RMR0905 .*whom to call/]);
  t.match(await problems({ googleGrpc: { targetUri: 'x:1', statPrefix: 's' } }), [/RMR0905 google_grpc/]);
  t.match(await problems({ envoyGrpc, initialMetadata: [{ key: ':path', value: 'x' }] }), [/RMR0905 .*:path/]);
  t.match(await problems({ envoyGrpc, initialMetadata: [{ key: 'Host', value: 'x' }] }), [/RMR0905 .*Host/]);
  t.match(await problems({ envoyGrpc, initialMetadata: [{ key: 'x', value: '%NOPE%' }] }), [/RMR0703/]);
  t.ok(create(schema));
});
