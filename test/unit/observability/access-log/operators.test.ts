// Operators on TLS, filter state, the last attempt, and COALESCE. What Envoy writes without TLS and without filter state
// stands in the parity suite access-log-operators.
import t from 'tap';
import { ipAddress } from '../../../../src/base/address.ts';
import { headerName } from '../../../../src/http/headers/api.ts';
import { compileFormat, compileJsonFormat, FormatError } from '../../../../src/observability/access-log/api.ts';
import { type CertificateInfo, FilterStateText, StreamInfo } from '../../../../src/observability/stream-info.ts';
import { answered, bytes } from './context.ts';

const options = { headerName };
const text = (format: string, context = answered()): string => compileFormat(format, options).format(context);
const json = (value: string, context = answered()): unknown =>
  JSON.parse(Buffer.from(compileJsonFormat({ v: value }, options).format(context), 'latin1').toString('utf8')).v;

function certificate(name: string): CertificateInfo {
  return {
    subject: `CN=${name},O=é`,
    issuer: 'CN=ca',
    serial: '0a',
    sha256: `${name}256`,
    sha1: `${name}1`,
    uriSans: ['spiffe://a', 'spiffe://b'],
    dnsSans: ['a.test'],
    ipSans: ['10.0.0.1', '::1'],
    emailSans: ['a@test'],
    otherNameSans: ['other'],
    otherNameTypes: ['1.2.3'],
    pem: 'pem',
    urlEncodedPem: '-----BEGIN%20CERTIFICATE-----',
    validFrom: Date.UTC(2026, 0, 2, 3, 4, 5) + 678,
    validTo: Date.UTC(2027, 0, 2),
  };
}

t.test('TLS of both sides', (t) => {
  const context = answered();
  const peer = certificate('peer');
  const tls = {
    version: 'TLSv1.3',
    cipher: 'TLS_AES_128_GCM_SHA256',
    group: 'X25519',
    sessionId: 'abcd',
    serverName: 'sni.test',
    handshakeStart: 3,
    handshakeEnd: 5.9,
    local: certificate('local'),
    peer,
    peerChain: [peer, certificate('ca')],
    peerIssuer: certificate('ca'),
  };
  const { connection, startTime, startTimeWall } = context.streamInfo;
  const streamInfo = new StreamInfo(startTime, startTimeWall, { ...connection, tls, ja3: 'three', ja4: 'four' });
  streamInfo.upstream = context.streamInfo.upstream;
  if (streamInfo.upstream !== null) streamInfo.upstream.tls = tls;
  const both: Readonly<Record<string, string>> = {
    TLS_VERSION: 'TLSv1.3',
    TLS_CIPHER: 'TLS_AES_128_GCM_SHA256',
    TLS_GROUP: 'X25519',
    TLS_SESSION_ID: 'abcd',
    LOCAL_URI_SAN: 'spiffe://a,spiffe://b',
    LOCAL_DNS_SAN: 'a.test',
    LOCAL_IP_SAN: '10.0.0.1,::1',
    PEER_URI_SAN: 'spiffe://a,spiffe://b',
    PEER_DNS_SAN: 'a.test',
    PEER_IP_SAN: '10.0.0.1,::1',
    PEER_SUBJECT: bytes('CN=peer,O=é'),
    PEER_ISSUER: 'CN=ca',
    PEER_CERT: '-----BEGIN%20CERTIFICATE-----',
    PEER_CERT_V_START: '2026-01-02T03:04:05.678Z',
    'PEER_CERT_V_END(%Y)': '2027',
  };
  const downstream: Readonly<Record<string, string>> = {
    DOWNSTREAM_LOCAL_SUBJECT: bytes('CN=local,O=é'),
    DOWNSTREAM_LOCAL_EMAIL_SAN: 'a@test',
    DOWNSTREAM_LOCAL_OTHERNAME_SAN: 'other',
    DOWNSTREAM_PEER_EMAIL_SAN: 'a@test',
    DOWNSTREAM_PEER_OTHERNAME_SAN: 'other',
    DOWNSTREAM_PEER_SERIAL: '0a',
    DOWNSTREAM_PEER_FINGERPRINT_1: 'peer1',
    DOWNSTREAM_PEER_FINGERPRINT_256: 'peer256',
    DOWNSTREAM_PEER_CHAIN_FINGERPRINTS_1: 'peer1,ca1',
    DOWNSTREAM_PEER_CHAIN_FINGERPRINTS_256: 'peer256,ca256',
    DOWNSTREAM_PEER_CHAIN_SERIALS: '0a,0a',
    DOWNSTREAM_PEER_ISSUER_FINGERPRINT_256: 'ca256',
    DOWNSTREAM_PEER_ISSUER_SERIAL: '0a',
    DOWNSTREAM_HANDSHAKE_DURATION: '2',
    TLS_JA3_FINGERPRINT: 'three',
    TLS_JA4_FINGERPRINT: 'four',
    UPSTREAM_SERVER_NAME: 'sni.test',
  };
  const log = { ...context, streamInfo };
  for (const [name, value] of Object.entries(both)) {
    t.equal(text(`%DOWNSTREAM_${name}%`, log), value, `DOWNSTREAM_${name}`);
    t.equal(text(`%UPSTREAM_${name}%`, log), value, `UPSTREAM_${name}`);
  }
  for (const [name, value] of Object.entries(downstream)) t.equal(text(`%${name}%`, log), value, name);
  t.equal(json('%DOWNSTREAM_PEER_SUBJECT%', log), 'CN=peer,O=é');
  t.end();
});

t.test('filter state as text, as JSON, by field', (t) => {
  const context = answered();
  const { streamInfo } = context;
  streamInfo.setFilterState('text', new FilterStateText(bytes('a"é')));
  streamInfo.setFilterState('object', {
    text: '10.0.0.1:80',
    json: { b: ['é', 1], a: null },
    field: (name) => (name === 'port' ? 80 : name === 'ip' ? '10.0.0.1' : undefined),
  });
  streamInfo.setFilterState('nothing', { text: undefined, json: undefined });
  t.equal(
    text('%FILTER_STATE(text)% %FILTER_STATE(text:PLAIN)% %FILTER_STATE(text:TYPED):3%', context),
    bytes('"a\\"é" a"é "a\\'),
  );
  t.equal(json('%FILTER_STATE(text):2%', context), 'a"é', 'JSON is not cut');
  t.equal(json('%FILTER_STATE(text:PLAIN):1%', context), 'a');
  t.equal(text('%FILTER_STATE(object)%', context), bytes('{"a":null,"b":["é",1]}'));
  t.same(json('%FILTER_STATE(object)%', context), { a: null, b: ['é', 1] });
  t.same(json('%FILTER_STATE(object:FIELD:port)%', context), 80);
  t.same(json('%FILTER_STATE(object:FIELD:ip)%', context), '10.0.0.1');
  t.equal(
    text('%FILTER_STATE(object:FIELD:port)% %FILTER_STATE(object:FIELD:x)% %FILTER_STATE(text:FIELD:x)%', context),
    '80 - -',
  );
  t.equal(text('%FILTER_STATE(nothing)% %FILTER_STATE(nothing:PLAIN)% %FILTER_STATE(none)%', context), '- - -');
  t.equal(text('%STREAM_INFO_REQ(text)% %UPSTREAM_FILTER_STATE(text:PLAIN)%', context), bytes('a"é -'));
  if (streamInfo.upstream !== null) streamInfo.upstream.filterState = streamInfo.filterState;
  t.equal(text('%UPSTREAM_FILTER_STATE(text:PLAIN)%', context), bytes('a"é'));
  t.end();
});

t.test('the last attempt, and how connections ended', (t) => {
  const context = answered();
  const { streamInfo } = context;
  const format =
    '%UPSTREAM_HOSTS_ATTEMPTED% %UPSTREAM_HOST_NAMES_ATTEMPTED_WITHOUT_PORT% %UPSTREAM_CONNECTION_IDS_ATTEMPTED% ' +
    '%UPSTREAM_CONNECTION_POOL_READY_DURATION% %UPSTREAM_DETECTED_CLOSE_TYPE% %UPSTREAM_LOCAL_CLOSE_REASON% ' +
    '%DOWNSTREAM_DETECTED_CLOSE_TYPE% %DOWNSTREAM_LOCAL_CLOSE_REASON%';
  t.equal(text(format, context), '127.0.0.1:21801 127.0.0.1 2 - Normal - Normal -');
  const { upstream } = streamInfo;
  if (upstream === null) throw new Error('there is an upstream');
  upstream.poolReadyDuration = 7.9;
  upstream.connectionEnd = { detectedCloseType: 'LocalReset', localCloseReason: '' };
  streamInfo.connectionEnd = { detectedCloseType: 'RemoteReset', localCloseReason: 'why_not' };
  t.equal(text(format, context), '127.0.0.1:21801 127.0.0.1 2 7 LocalReset - RemoteReset why_not');
  upstream.connectionId = 0;
  t.match(text(format, context), /^- - - 7/, 'an attempt without a connection is none');
  streamInfo.upstream = null;
  t.equal(text(format, context), '- - - - - - RemoteReset why_not');
  t.end();
});

t.test('ranges of addresses', (t) => {
  const context = answered();
  const masked = (address: string, mask: string): string => {
    context.streamInfo.downstreamRemoteAddress = ipAddress(address, 1);
    return text(`%DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT(${mask})%`, context);
  };
  t.equal(masked('10.1.2.3', '16'), '10.1.0.0/16');
  t.equal(masked('10.1.2.3', '64'), '10.1.2.3/32');
  t.equal(masked('2001:db8::1:2:3', '64'), '2001:db8::/64');
  t.equal(masked('2001:db8:1:2:3:4:5:6', '100'), '2001:db8:1:2:3:4::/100');
  t.equal(masked('::1', '128'), '::1/128');
  t.equal(masked('::1', '0'), '::/0');
  t.equal(masked('10.1.2.3', 'x'), '10.1.2.3');
  t.end();
});

t.test('COALESCE', (t) => {
  t.equal(
    text('%COALESCE({"operators":[{"command":"REQ","param":"none"},{"command":"REQ","param":"x-m","max_length":2}]})%'),
    'on',
  );
  t.equal(json('%COALESCE({"operators":["RESPONSE_CODE"]}):1%'), 200, 'numbers are not cut');
  t.equal(json('%COALESCE({"operators":[{"command":"REQ","param":"x-m"}]}):1%'), 'o');
  t.equal(json('%COALESCE({"operators":[{"command":"REQ","param":"none"}]})%'), null);
  const wrong: readonly (readonly [string, RegExp])[] = [
    ['', /needs JSON/],
    ['x', /not JSON/],
    ['{}', /'operators' must be a list/],
    ['{"operators":[]}', /not empty/],
    ['{"operators":[1]}', /operator 0: it is neither/],
    ['{"operators":["HOSTNAME",{}]}', /operator 1: 'command' must be/],
    ['{"operators":[{"command":"REQ","param":1}]}', /'param' must be a string/],
    ['{"operators":[{"command":"REQ","param":"a","max_length":0}]}', /'max_length' must be/],
    ['{"operators":["NOPE"]}', /there is no operator NOPE/],
    ['{"operators":[{"command":"HOSTNAME","max_length":3}]}', /no parameters and no length/],
  ];
  for (const [parameters, message] of wrong) {
    t.throws(() => text(`%COALESCE(${parameters})%`), { message }, parameters);
  }
  t.end();
});

t.test('parameters that Envoy refuses', (t) => {
  const wrong: readonly (readonly [string, RegExp])[] = [
    ['%FILTER_STATE%', /needs a key/],
    ['%FILTER_STATE(:PLAIN)%', /the key is empty/],
    ['%FILTER_STATE(a:FOO)%', /none of PLAIN, TYPED, FIELD/],
    ['%FILTER_STATE(a:FIELD)%', /needs the name of a field/],
    ['%FILTER_STATE(a:PLAIN:b)%', /only FIELD takes/],
    ['%STREAM_INFO_REQ()%', /needs a key/],
    ['%REQUESTED_SERVER_NAME(X)%', /SNI_ONLY, SNI_FIRST or HOST_FIRST/],
    ['%REQUESTED_SERVER_NAME(SNI_FIRST:X)%', /ORIG, HOST or ORIG_OR_HOST/],
    ['%REQUESTED_SERVER_NAME:3%', /takes no length/],
    ['%UPSTREAM_HOSTS_ATTEMPTED_WITHOUT_PORT(8)%', /no parameters/],
    ['%DOWNSTREAM_PEER_CERT_V_START(%n)%', /line feed/],
    ['%BYTES_RETRANSMITTED(x)%', /no parameters/],
  ];
  for (const [format, message] of wrong) {
    try {
      text(format);
      t.fail(`${format} was taken`);
    } catch (error) {
      if (!(error instanceof FormatError)) throw error;
      t.match(error.message, message, format);
    }
  }
  t.end();
});
