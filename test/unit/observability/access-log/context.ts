// The stream that the tests of formats and filters log.
import { ipAddress } from '../../../../src/base/address.ts';
import { headerName, RequestHeaders, ResponseHeaders } from '../../../../src/http/headers/api.ts';
import { AccessLogType, type LogContext } from '../../../../src/observability/access-log/api.ts';
import { StreamInfo, UpstreamInfo } from '../../../../src/observability/stream-info.ts';

/** UTF-8 text as header values hold it. */
export const bytes = (text: string): string => Buffer.from(text, 'utf8').toString('latin1');

export interface TestContext extends LogContext {
  streamInfo: StreamInfo;
  requestHeaders: RequestHeaders | null;
  responseHeaders: ResponseHeaders | null;
  responseTrailers: ResponseHeaders | null;
  logType: LogContext['logType'];
  localReplyBody: string;
}

export const REQUEST_ID = 'ee4c089d-905f-4903-853b-d279c672d71b';

/** A GET that an upstream answered. */
export function answered(): TestContext {
  const info = new StreamInfo(1000, Date.UTC(2026, 10, 23, 7, 15, 32) + 391.834, {
    id: 3,
    localAddress: ipAddress('127.0.0.1', 21802),
    directRemoteAddress: ipAddress('127.0.0.1', 60658),
    listenerName: 'main',
    filterChainName: 'fc1',
    requestedServerName: '',
    tls: null,
    terminationDetails: '',
    transportFailureReason: '',
  });
  info.downstreamRemoteAddress = ipAddress('10.0.0.1', 60658);
  info.protocol = 1;
  info.lastDownstreamReceived = 1000.2;
  info.firstDownstreamSent = 1010.3;
  info.lastDownstreamSent = 1010.9;
  info.requestComplete = 1011;
  info.responseCode = 200;
  info.responseCodeDetails = 'via_upstream';
  info.bytesSent = 20;
  info.wireBytesReceived = 180;
  info.wireBytesSent = 188;
  info.headerBytesReceived = 44;
  info.headerBytesSent = 138;
  info.routeName = 'rn1';
  info.clusterName = 'one';
  info.requestId = REQUEST_ID;
  info.dynamicMetadata = new Map([['dm', { a: 'b', n: 7, o: { k: 'v' } }]]);
  info.clusterMetadata = { a: { b: 'cmv' } };
  info.routeMetadata = { ns: { key: 'v"é\n', n: 3, f: 1.5, t: true, nul: null, l: [1, 'a', null, { z: 1, b: 'é' }] } };
  const upstream = new UpstreamInfo();
  info.upstream = upstream;
  const address = ipAddress('127.0.0.1', 21801);
  upstream.host = {
    address,
    hostname: '',
    clusterName: 'one',
    clusterObservabilityName: 'one',
    metadata: { a: { b: 1.5 } },
  };
  upstream.localAddress = ipAddress('127.0.0.1', 42116);
  upstream.remoteAddress = address;
  upstream.connectionId = 2;
  upstream.protocol = 1;
  upstream.attemptCount = 1;
  upstream.connectStart = 1000.25;
  upstream.connectEnd = 1000.275;
  upstream.firstByteSent = 1000.5;
  upstream.lastByteSent = 1001.6;
  upstream.firstByteReceived = 1010.1;
  upstream.lastByteReceived = 1010.2;
  upstream.wireBytesSent = 194;
  const request = new RequestHeaders();
  request.method = 'GET';
  request.path = '/abc/d?a=1&b=2&c=%20x&a=3';
  request.authority = 'h:1';
  request.scheme = 'http';
  request.append(headerName('user-agent'), 'ua');
  request.append(headerName('x-request-id'), REQUEST_ID);
  request.append(headerName('x-forwarded-for'), '1.1.1.1');
  request.append(headerName('x-forwarded-for'), '2.2.2.2');
  request.append(headerName('x-m'), 'one');
  request.append(headerName('x-m'), 'two');
  request.append(headerName('x-u'), bytes('é€"\\/<>&\'\tz'));
  request.append(headerName('x-broken'), `${bytes('é')}"\\\tx\xff\xfe/`);
  const response = new ResponseHeaders(200);
  response.append(headerName('x-envoy-upstream-service-time'), '10');
  return {
    streamInfo: info,
    requestHeaders: request,
    responseHeaders: response,
    responseTrailers: null,
    logType: AccessLogType.DownstreamEnd,
    localReplyBody: '',
  };
}

/** A connection that sent nothing HTTP could be made of. */
export function refused(): TestContext {
  const context = answered();
  const info = new StreamInfo(1000, context.streamInfo.startTimeWall, context.streamInfo.connection);
  info.requestComplete = 1000;
  info.responseCode = 400;
  return { ...context, streamInfo: info, requestHeaders: null, responseHeaders: null };
}
