// Microseconds for one access-log line, from the stream to the file's buffer, and what parts of it cost (DESIGN 3.1, point 8).
// Run: scripts/with-node node bench/micro/access-log.ts
import { ipAddress } from '../../src/base/address.ts';
import { headerName, RequestHeaders, ResponseHeaders } from '../../src/http/headers/api.ts';
import {
  AccessLogManager,
  AccessLogType,
  compileFormat,
  compileJsonFormat,
  FileAccessLogger,
  type LogContext,
} from '../../src/observability/access-log/api.ts';
import { DEFAULT_ACCESS_LOG_FORMAT } from '../../src/observability/access-log/format/substitution-config.ts';
import { StatsStore } from '../../src/observability/stats/store.ts';
import { StreamInfo, UpstreamInfo } from '../../src/observability/stream-info.ts';

const ROUNDS = 5;
const LINES = 100_000;

/** Istio's JSON format, shortened to 20 operators. */
const JSON_FORMAT = {
  start_time: '%START_TIME%',
  method: '%REQ(:METHOD)%',
  path: '%REQ(X-ENVOY-ORIGINAL-PATH?:PATH)%',
  protocol: '%PROTOCOL%',
  response_code: '%RESPONSE_CODE%',
  response_flags: '%RESPONSE_FLAGS%',
  response_code_details: '%RESPONSE_CODE_DETAILS%',
  bytes_received: '%BYTES_RECEIVED%',
  bytes_sent: '%BYTES_SENT%',
  duration: '%DURATION%',
  upstream_service_time: '%RESP(X-ENVOY-UPSTREAM-SERVICE-TIME)%',
  x_forwarded_for: '%REQ(X-FORWARDED-FOR)%',
  user_agent: '%REQ(USER-AGENT)%',
  request_id: '%REQ(X-REQUEST-ID)%',
  authority: '%REQ(:AUTHORITY)%',
  upstream_host: '%UPSTREAM_HOST%',
  upstream_cluster: '%UPSTREAM_CLUSTER%',
  upstream_local_address: '%UPSTREAM_LOCAL_ADDRESS%',
  downstream_remote_address: '%DOWNSTREAM_REMOTE_ADDRESS%',
  route_name: '%ROUTE_NAME%',
};

/** Streams that differ as real ones do, so that nothing is remembered from one line to the next that could not be. */
function streams(count: number): LogContext[] {
  return Array.from({ length: count }, (_, n) => {
    const info = new StreamInfo(n, Date.UTC(2026, 0, 1) + n * 1.7, {
      id: n,
      localAddress: ipAddress('127.0.0.1', 15001),
      directRemoteAddress: ipAddress('10.0.0.1', 1024 + n),
      listenerName: 'main',
      filterChainName: '',
      requestedServerName: '',
      tls: null,
      terminationDetails: '',
      transportFailureReason: '',
    });
    info.protocol = 1;
    info.requestComplete = n + (n % 50);
    info.responseCode = n % 10 === 0 ? 503 : 200;
    info.responseCodeDetails = 'via_upstream';
    info.bytesSent = n * 13;
    info.routeName = 'default';
    info.clusterName = `outbound|80||service-${n % 7}.default.svc.cluster.local`;
    info.upstream = new UpstreamInfo();
    const address = ipAddress('10.1.2.3', 8080 + (n % 5));
    info.upstream.host = {
      address,
      hostname: '',
      clusterName: info.clusterName,
      clusterObservabilityName: info.clusterName,
    };
    info.upstream.localAddress = ipAddress('10.0.0.9', 30_000 + n);
    const request = new RequestHeaders();
    request.method = 'GET';
    request.path = `/api/v1/items/${n}?page=${n % 9}`;
    request.authority = 'service.default.svc.cluster.local';
    request.scheme = 'http';
    request.append(headerName('accept'), '*/*');
    request.append(headerName('user-agent'), 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36');
    request.append(headerName('x-forwarded-for'), `203.0.113.${n % 256}`);
    request.append(headerName('x-forwarded-proto'), 'http');
    request.append(headerName('x-request-id'), `${String(n).padStart(8, '0')}-905f-4903-853b-d279c672d71b`);
    const response = new ResponseHeaders(info.responseCode);
    response.append(headerName('content-type'), 'application/json');
    response.append(headerName('x-envoy-upstream-service-time'), String(n % 40));
    return {
      streamInfo: info,
      requestHeaders: request,
      responseHeaders: response,
      responseTrailers: null,
      logType: AccessLogType.DownstreamEnd,
      localReplyBody: '',
    };
  });
}

const all = streams(1000);

/** CPU time, minimum of several rounds: other programs on the machine do not count. */
function measure(what: string, action: (context: LogContext) => void): void {
  let best = Number.POSITIVE_INFINITY;
  for (let round = 0; round < ROUNDS; round++) {
    const start = process.cpuUsage();
    for (let i = 0; i < LINES; i++) action(all[i % all.length] as LogContext);
    const { user, system } = process.cpuUsage(start);
    best = Math.min(best, (user + system) / LINES);
  }
  console.log(`${what.padEnd(52)} ${best.toFixed(2)} µs`);
}

const options = { headerName };
const json = compileJsonFormat(JSON_FORMAT, options);
const text = compileFormat(DEFAULT_ACCESS_LOG_FORMAT, options);
const manager = new AccessLogManager({ stats: new StatsStore(), discard: true });
const jsonLogger = new FileAccessLogger(manager.file('/json'), json);
const textLogger = new FileAccessLogger(manager.file('/text'), text);
let length = 0;

measure('JSON, 20 operators: format', (context) => {
  length += json.format(context).length;
});
measure('JSON, 20 operators: format and buffer', (context) => jsonLogger.log(context));
measure('default text format: format and buffer', (context) => textLogger.log(context));
measure('for comparison: JSON.stringify of the same object', ({ streamInfo, requestHeaders }) => {
  const object: Record<string, unknown> = {};
  for (const key of Object.keys(JSON_FORMAT)) object[key] = streamInfo.responseCodeDetails;
  object['path'] = requestHeaders?.get(headerName(':path'));
  length += JSON.stringify(object).length;
});
console.log(`${(json.format(all[1] as LogContext).length / 1).toFixed(0)} bytes a JSON line (${length} in all)`);
