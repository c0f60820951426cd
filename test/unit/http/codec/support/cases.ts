// Messages put to the real Envoy and to our codec. `recorded.json` has Envoy's answers (support/record.ts makes it).

/** Names of the HTTP/1 options a case runs with; what they mean stands in support/options.ts. */
export type OptionSet = 'default' | 'lenient' | 'other';

export interface RequestCase {
  readonly name: string;
  readonly options: OptionSet;
  /** One character per byte. */
  readonly raw: string;
}

export interface ResponseCase {
  readonly name: string;
  readonly request: string;
  readonly raw: string;
  /** The upstream closes behind it. */
  readonly close: boolean;
}

const get = 'GET / HTTP/1.1\r\nHost: h\r\n\r\n';

function withField(field: string): string {
  return `GET / HTTP/1.1\r\nHost: h\r\n${field}\r\n\r\n`;
}
function line(text: string): string {
  return `${text}\r\nHost: h\r\n\r\n`;
}
function post(fields: string, body: string): string {
  return `POST / HTTP/1.1\r\nHost: h\r\n${fields}\r\n${body}`;
}
const chunked = 'Transfer-Encoding: chunked\r\n';
function chunks(body: string): string {
  return post(chunked, body);
}
function octets(from: number, to: number): number[] {
  return Array.from({ length: to - from + 1 }, (_, i) => from + i);
}
function hex(c: number): string {
  return c.toString(16).padStart(2, '0');
}

const out: RequestCase[] = [];
function add(name: string, raw: string, options: OptionSet = 'default'): void {
  out.push({ name, options, raw });
}

// --- request line ----------------------------------------------------------------------------------------------------
add('plain', get);
for (const version of [
  'HTTP/1.0',
  'HTTP/1.2',
  'HTTP/2.0',
  'HTTP/0.9',
  'http/1.1',
  'HTTP/1.11',
  'HTTP/11.1',
  'HTPP/1.1',
  'RTSP/1.0',
  'HTTP/1.',
  'HTTP/1',
  'HTTP/1,1',
  'HTTP /1.1',
]) {
  add(`version ${version}`, line(`GET / ${version}`));
}
add('version none', line('GET /'));
add('two spaces before target', line('GET  / HTTP/1.1'));
add('two spaces after target', line('GET /  HTTP/1.1'));
add('space after version', line('GET / HTTP/1.1 '));
add('tab in request line', line('GET\t/ HTTP/1.1'));
add('leading space', line(' GET / HTTP/1.1'));
add('empty lines first', `\r\n\r\n${get}`);
add('LF first', `\n${get}`);
add('CR first', `\r${get}`);
add('method alone', line('GET'));
add('method and space', line('GET '));
for (const method of 'ACL BIND CHECKOUT COPY DELETE GET HEAD LINK LOCK MERGE MKACTIVITY MKCALENDAR MKCOL MOVE MSEARCH M-SEARCH NOTIFY OPTIONS PATCH POST PROPFIND PROPPATCH PURGE PUT REBIND REPORT SEARCH SOURCE SUBSCRIBE TRACE UNBIND UNLINK UNLOCK UNSUBSCRIBE PRI GETX DESCRIBE FLUSH get FOO G@T GE'.split(
  ' ',
)) {
  add(`method ${method}`, line(`${method} / HTTP/1.1`));
}
add('custom method', line('FOO / HTTP/1.1'), 'other');
add('custom method no token', line('F@O / HTTP/1.1'), 'other');
for (const c of [
  0, 1, 9, 10, 11, 12, 13, 0x7f, 0x80, 0xff, 0x22, 0x3c, 0x3e, 0x5b, 0x5c, 0x5d, 0x5e, 0x60, 0x7b, 0x7c, 0x7d, 0x25,
]) {
  add(`target octet ${hex(c)}`, line(`GET /a${String.fromCharCode(c)}b HTTP/1.1`));
}
for (const target of [
  '*',
  '*a',
  'foo',
  '?a',
  '//foo/x',
  'http:foo',
  'http:/a',
  'http//a',
  '://a',
  '1http://a/',
  'http://foo.com:80/x?y',
  'HTTPS://foo.com/x',
  'http://foo.com',
  'http://u:p@foo.com/',
  'ftp://foo.com/x',
  'ht+tp://a/',
  'http:///x',
  'http://',
  'http://?a',
  'http://a:99999/',
  'http://a:x/',
  'http://a:/',
  'http://a:0/',
  'http://a:080/',
  'http://a:+80/',
  'http://a:80:80/',
  'http://[::1]:80/x',
  'http://[::1/',
  'http://[::1]x/',
  'http://[]/',
  'http://[zz]/',
  'http://a_b/',
  'http://a%20b/',
  'http://a;b/',
  'http://a..b/',
  'http://u@@a/',
  'http://@/',
  'http://u[@a/',
  'http://a@b:c/',
  'http://a b/',
  'http://a\\b/',
  'http://\xff/',
  'http://a/\xff',
  'http://a#b',
]) {
  add(`target ${target}`, line(`GET ${target} HTTP/1.1`));
}
add('asterisk', line('OPTIONS * HTTP/1.1'));
add('absolute form without Host', 'GET http://a/b HTTP/1.1\r\n\r\n');
add('absolute form, empty Host', 'GET http://a/b HTTP/1.1\r\nHost:\r\n\r\n');
add('absolute form switched off', line('GET http://a/b HTTP/1.1'), 'other');
for (const target of [
  'a:80',
  'a',
  'a:0',
  'a:65536',
  'a:080',
  '[::1]:80',
  '[::1]',
  '::1:80',
  'a_b:80',
  'a:80/',
  'a:80?x',
  'a:80#x',
  ':80',
  'a:',
  'a@b:80',
  'a:+8',
  '*',
  '/x',
  'http://a:80/',
]) {
  add(`CONNECT ${target}`, line(`CONNECT ${target} HTTP/1.1`));
}
add('CONNECT with body', 'CONNECT a:80 HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabc');
add('CONNECT with length 0', 'CONNECT a:80 HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n');
add('CONNECT chunked', `CONNECT a:80 HTTP/1.1\r\nHost: h\r\n${chunked}\r\n0\r\n\r\n`);

// --- Host ------------------------------------------------------------------------------------------------------------
add('no Host', 'GET / HTTP/1.1\r\n\r\n');
add('empty Host', 'GET / HTTP/1.1\r\nHost:\r\n\r\n');
add('two Hosts', withField('Host: h2'));
add('two equal Hosts', withField('Host: h'));
for (const host of [
  'a b',
  'a@b',
  'a/b',
  'a_b',
  '[::1]:80',
  'a,b',
  'a%b',
  'a?b',
  'a#b',
  'a\\b',
  '\xff',
  'a"b',
  'a<b',
  'a|b',
  'a`b',
  'a{b',
  'a^b',
  "a~!$&'()*+;=b",
  'a\tb',
  '*',
]) {
  add(`Host ${JSON.stringify(host)}`, `GET / HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
}

// --- fields ----------------------------------------------------------------------------------------------------------
for (const c of [...octets(0, 0x2f), ...octets(0x3a, 0x40), ...octets(0x5b, 0x60), ...octets(0x7b, 0x80), 0xff]) {
  if (c === 0x3a) continue;
  add(`name octet ${hex(c)}`, withField(`x${String.fromCharCode(c)}y: v`));
}
for (const c of [...octets(0, 0x20), 0x22, 0x5c, 0x7f, 0x80, 0xa0, 0xff]) {
  add(`value octet ${hex(c)}`, withField(`x: a${String.fromCharCode(c)}b`));
}
add('value with whitespace around', withField('x: \t a b \t '));
add('empty value', withField('x:'));
add('empty name', withField(': v'));
add('no colon', withField('xyz'));
add('space before colon', withField('x : v'));
add('tab before colon', withField('x\t: v'));
add('folded value', withField('x: a\r\n b'));
add('folded value, tab', withField('x: a\r\n\tb'));
add('folded value, several', withField('x: a\r\n  b  \r\n\t c\r\ny: z'));
add('folded value, empty', withField('x: a\r\n \r\ny: z'));
add('folded before any field', 'GET / HTTP/1.1\r\n Host: h\r\n\r\n');
add('folded Transfer-Encoding', post('Transfer-Encoding:\r\n chunked\r\n', '0\r\n\r\n'));
add('folded Content-Length', post('Content-Length:\r\n 3\r\n', 'abc'));
add('bare LF everywhere', 'GET / HTTP/1.1\nHost: h\n\n');
add('bare LF after request line', 'GET / HTTP/1.1\nHost: h\r\n\r\n');
add('bare LF after field', withField('X: a\nY: b'));
add('bare LF ends head', 'GET / HTTP/1.1\r\nHost: h\r\n\n');
add('CR CR LF', 'GET / HTTP/1.1\r\nHost: h\r\r\n\r\n');
add('underscore', withField('a_b: c'));
add('underscore rejected', withField('a_b: c'), 'lenient');
add('underscore dropped', withField('a_b: c'), 'other');
add('transfer_encoding', post('transfer_encoding: chunked\r\nContent-Length: 3\r\n', 'abc'));
add('transfer_encoding dropped', post('transfer_encoding: chunked\r\nContent-Length: 3\r\n', 'abc'), 'other');
add('99 fields', `GET / HTTP/1.1\r\nHost: h\r\n${'x: y\r\n'.repeat(99)}\r\n`);
add('100 fields', `GET / HTTP/1.1\r\nHost: h\r\n${'x: y\r\n'.repeat(100)}\r\n`);
for (const over of [0, 1]) add(`head of 60 KiB + ${over}`, withField(`x: ${'y'.repeat(60 * 1024 - 32 + over)}`));
add('unended head beyond 60 KiB', withField(`x: ${'y'.repeat(60 * 1024)}`).slice(0, -4));

// --- framing ---------------------------------------------------------------------------------------------------------
for (const coding of [
  'chunked',
  'Chunked',
  'gzip, chunked',
  'chunked, chunked',
  'identity',
  'gzip',
  '',
  '"chunked"',
  'chunked;q=1',
  ',chunked',
  'chunked,',
  'xchunked',
  'chunkedx',
]) {
  add(`Transfer-Encoding: ${coding}`, post(`Transfer-Encoding: ${coding}\r\n`, '3\r\nabc\r\n0\r\n\r\n'));
}
add('Transfer-Encoding twice', post(chunked + chunked, '3\r\nabc\r\n0\r\n\r\n'));
for (const options of ['default', 'lenient'] as const) {
  add(`${options}: length and chunked`, post(`Content-Length: 3\r\n${chunked}`, '3\r\nabc\r\n0\r\n\r\n'), options);
  add(`${options}: chunked and length`, post(`${chunked}Content-Length: 3\r\n`, '3\r\nabc\r\n0\r\n\r\n'), options);
  add(`${options}: length and identity`, post('Content-Length: 3\r\nTransfer-Encoding: identity\r\n', 'abc'), options);
}
add('length twice, equal', post('Content-Length: 3\r\nContent-Length: 3\r\n', 'abc'));
add('length twice, different', post('Content-Length: 3\r\nContent-Length: 4\r\n', 'abcd'));
for (const length of [
  '3',
  '+3',
  '-3',
  '3 ',
  '03',
  '0x3',
  '3a',
  '',
  '3.0',
  '1e1',
  '3, 3',
  '3,',
  '18446744073709551616',
  '99999999999999999999999',
  '\xb2',
]) {
  add(`Content-Length: ${length}`, post(`Content-Length: ${length}\r\n`, 'abc'));
}
add('GET with body', 'GET / HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabc');
add('POST without length', post('', ''));

// --- chunks ----------------------------------------------------------------------------------------------------------
for (const [name, body] of Object.entries({
  extension: '3;a=b\r\nabc\r\n0\r\n\r\n',
  'quoted extension': '3;a="b;c"\r\nabc\r\n0\r\n\r\n',
  'empty extension': '3;\r\nabc\r\n0\r\n\r\n',
  'space behind size': '3 \r\nabc\r\n0\r\n\r\n',
  'tab behind size': '3\t\r\nabc\r\n0\r\n\r\n',
  'space and extension': '3 ;a\r\nabc\r\n0\r\n\r\n',
  'space before size': ' 3\r\nabc\r\n0\r\n\r\n',
  'word behind size': '3 a\r\nabc\r\n0\r\n\r\n',
  'leading zeros': '0000000000000000000003\r\nabc\r\n0\r\n\r\n',
  'hex prefix': '0x3\r\nabc\r\n0\r\n\r\n',
  plus: '+3\r\nabc\r\n0\r\n\r\n',
  minus: '-3\r\nabc\r\n0\r\n\r\n',
  'no digit': 'g\r\nabc\r\n0\r\n\r\n',
  'empty size': '\r\nabc\r\n0\r\n\r\n',
  'extension without size': ';a\r\nabc\r\n0\r\n\r\n',
  'upper case digit': 'A\r\n0123456789\r\n0\r\n\r\n',
  'bare LF behind size': '3\nabc\r\n0\r\n\r\n',
  'bare LF behind data': '3\r\nabc\n0\r\n\r\n',
  'bare LF behind last size': '3\r\nabc\r\n0\n\r\n',
  'bare LF ends trailers': '3\r\nabc\r\n0\r\n\n',
  'CR without LF behind size': '3\rabc\r\n0\r\n\r\n',
  'data longer by one octet': '3\r\nabcd\r\n0\r\n\r\n',
  'data without CRLF': '3\r\nabcX0\r\n\r\n',
  'size of 17 digits': '10000000000000000\r\nabc\r\n0\r\n\r\n',
  'size of 16 digits': 'FFFFFFFFFFFFFFFF\r\nabc\r\n0\r\n\r\n',
  'LF in extension': '3;a\nb\r\nabc\r\n0\r\n\r\n',
  'CR in extension': '3;a\rb\r\nabc\r\n0\r\n\r\n',
  'NUL in extension': '3;a\0b\r\nabc\r\n0\r\n\r\n',
  'obs-text in extension': '3;a\xffb\r\nabc\r\n0\r\n\r\n',
  'extension of 70,000 octets': `3;${'a'.repeat(70000)}\r\nabc\r\n0\r\n\r\n`,
  'two zeros': '00\r\n\r\n',
  'last chunk with extension': '0;x=y\r\n\r\n',
  trailer: '0\r\nx: y\r\n\r\n',
  'trailer with space before colon': '0\r\nx : y\r\n\r\n',
  'trailer without colon': '0\r\nx\r\n\r\n',
  'trailer with NUL': '0\r\nx: a\0b\r\n\r\n',
  'trailer with bare LF': '0\r\nx: y\n\r\n',
  'trailer folded first': '0\r\n x: y\r\n\r\n',
  'trailer of 70,000 octets': `0\r\nx: ${'y'.repeat(70000)}\r\n\r\n`,
  'trailers of 150 fields': `0\r\n${'x: y\r\n'.repeat(150)}\r\n`,
  'trailer with bad name': '0\r\nx@y: z\r\n\r\n',
})) {
  add(`chunk: ${name}`, chunks(body));
}
add('trailers of 101 fields, enabled', chunks(`0\r\n${'x: y\r\n'.repeat(101)}\r\n`), 'lenient');
add('trailers of 100 fields, enabled', chunks(`0\r\n${'x: y\r\n'.repeat(100)}\r\n`), 'lenient');
add('trailer with underscore, rejected', chunks('0\r\nx_y: z\r\n\r\n'), 'lenient');

// --- HTTP/1.0, connection, upgrade -----------------------------------------------------------------------------------
for (const [name, raw] of Object.entries({
  plain: 'GET / HTTP/1.0\r\n\r\n',
  'with Host': 'GET / HTTP/1.0\r\nHost: h\r\n\r\n',
  'with length': 'POST / HTTP/1.0\r\nHost: h\r\nContent-Length: 3\r\n\r\nabc',
  chunked: `POST / HTTP/1.0\r\nHost: h\r\n${chunked}\r\n3\r\nabc\r\n0\r\n\r\n`,
  'absolute form': 'GET http://a/ HTTP/1.0\r\n\r\n',
  'version 0.9': 'GET / HTTP/0.9\r\nHost: h\r\n\r\n',
  'version 1.2': 'GET / HTTP/1.2\r\nHost: h\r\n\r\n',
  'no version': 'GET /\r\n\r\n',
})) {
  add(`HTTP/1.0 accepted: ${name}`, raw, 'lenient');
}
add('two requests', get + get);
add('second request malformed', `${get}garbage\r\n\r\n`);
add('length, then a request', post('Content-Length: 3\r\n', `abc${get}`));
add('incomplete head', 'GET / HT');
add('incomplete body', post('Content-Length: 9\r\n', 'ab'));
add('incomplete chunk', chunks('3\r\nab'));
add(
  'h2c upgrade',
  withField('Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA'),
);
add('upgrade without Connection', withField('Upgrade: websocket'));
add('Connection: upgrade without Upgrade', withField('Connection: upgrade'));
add('Connection: close', withField('Connection: close'));

export const requestCases: readonly RequestCase[] = out;

// --- responses -------------------------------------------------------------------------------------------------------
const responses: ResponseCase[] = [];
function respond(name: string, raw: string, close = false, request = get): void {
  responses.push({ name, request, raw, close });
}
const ok = 'HTTP/1.1 200 OK\r\n';
const empty = 'Content-Length: 0\r\n\r\n';
const head = 'HEAD / HTTP/1.1\r\nHost: h\r\n\r\n';
const websocket = 'GET /chat HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n';
for (const statusLine of [
  'HTTP/1.1 200',
  'HTTP/1.1 200 ',
  'HTTP/1.1  200 OK',
  'HTTP/1.1 20 OK',
  'HTTP/1.1 2000 OK',
  'HTTP/1.1 abc OK',
  'HTTP/1.1 099 OK',
  'HTTP/1.1 600 OK',
  'HTTP/1.1 999 OK',
  'HTTP/1.2 200 OK',
  'HTTP/2.0 200 OK',
  'HTTP/0.9 200 OK',
  'HTTP/11.1 200 OK',
  'http/1.1 200 OK',
  'ICY 200 OK',
  'HTTP/1.1\t200\tOK',
  'HTTP/1.1 200OK',
  'HTTP/1.1 200 O\x01K',
  'HTTP/1.1 200 O\xffK',
  ' HTTP/1.1 200 OK',
  '\r\nHTTP/1.1 200 OK',
  'HTTP/1.1 +20 OK',
  'HTTP/1.1 -20 OK',
  'HTTP/1.1 200 O\0K',
  'HTTP/1.1 200 O\rK',
  'garbage',
  'HTTP/1.1',
]) {
  respond(`status line ${JSON.stringify(statusLine)}`, `${statusLine}\r\n${empty}`);
}
for (const [name, field] of Object.entries({
  'control character': 'x: a\x01b',
  NUL: 'x: a\0b',
  'bare CR': 'x: a\rb',
  'bare LF': 'x: a\ny: b',
  'space before colon': 'x : a',
  'no colon': 'xyz',
  'empty name': ': a',
  'bad name': 'x@y: a',
  folded: 'x: a\r\n b',
})) {
  respond(`field: ${name}`, `${ok}${field}\r\n${empty}`);
}
respond('folded first', `${ok} x: a\r\n${empty}`);
respond('bare LF everywhere', 'HTTP/1.1 200 OK\nContent-Length: 0\n\n');
respond('length', `${ok}Content-Length: 3\r\n\r\nabc`);
respond('chunked', `${ok}${chunked}\r\n3\r\nabc\r\n0\r\n\r\n`);
respond('until close', `${ok}\r\nabc`, true);
respond('HTTP/1.0 until close', 'HTTP/1.0 200 OK\r\n\r\nabc', true);
respond('length and chunked', `${ok}${chunked}Content-Length: 3\r\n\r\n3\r\nabc\r\n0\r\n\r\n`);
respond('gzip coding', `${ok}Transfer-Encoding: gzip\r\n\r\nabc`, true);
respond('identity coding', `${ok}Transfer-Encoding: identity\r\n\r\nabc`, true);
respond('chunked twice', `${ok}${chunked}${chunked}\r\n3\r\nabc\r\n0\r\n\r\n`);
respond('length twice, equal', `${ok}Content-Length: 3\r\nContent-Length: 3\r\n\r\nabc`);
respond('length no number', `${ok}Content-Length: x\r\n\r\nabc`);
respond('204 with length', 'HTTP/1.1 204 No Content\r\nContent-Length: 3\r\n\r\nabc');
respond('204 with length 0', 'HTTP/1.1 204 No Content\r\nContent-Length: 0\r\n\r\n');
respond('204 chunked', `HTTP/1.1 204 No Content\r\n${chunked}\r\n0\r\n\r\n`);
respond('204', 'HTTP/1.1 204 No Content\r\n\r\n');
respond('304 with length', 'HTTP/1.1 304 Not Modified\r\nContent-Length: 3\r\n\r\n');
respond('304 chunked', `HTTP/1.1 304 Not Modified\r\n${chunked}\r\n`);
respond('HEAD with length', `${ok}Content-Length: 3\r\n\r\n`, false, head);
respond('HEAD chunked', `${ok}${chunked}\r\n`, false, head);
respond('HEAD without length', `${ok}\r\n`, false, head);
respond('HEAD with body', `${ok}Content-Length: 3\r\n\r\nabc`, false, head);
respond('bytes left over', `${ok}Content-Length: 3\r\n\r\nabcdef`);
respond('100 first', `HTTP/1.1 100 Continue\r\n\r\n${ok}${empty}`);
respond('103 first', `HTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\n${ok}${empty}`);
respond('199 first', `HTTP/1.1 199 What\r\n\r\n${ok}${empty}`);
respond('100 with length', `HTTP/1.1 100 Continue\r\nContent-Length: 3\r\n\r\n${ok}${empty}`);
respond('100 chunked', `HTTP/1.1 100 Continue\r\n${chunked}\r\n${ok}${empty}`);
respond('101 unasked', 'HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n');
respond(
  '101 with length',
  'HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: websocket\r\nContent-Length: 3\r\n\r\n',
  false,
  websocket,
);
respond(
  '101',
  'HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\nabc',
  false,
  websocket,
);
respond('body shorter than length', `${ok}Content-Length: 9\r\n\r\nok`, true);
respond('last chunk missing', `${ok}${chunked}\r\n9\r\nok`, true);
respond('head unended', 'HTTP/1.1 200 OK\r\nx: ', true);
respond('no bytes', '', true);
respond('chunk size no number', `${ok}${chunked}\r\nzz\r\n`);
respond('trailers', `${ok}${chunked}\r\n3\r\nabc\r\n0\r\nx: y\r\n\r\n`);
respond('100 fields', `${ok}${'x: y\r\n'.repeat(99)}${empty}`);
respond('101 fields', `${ok}${'x: y\r\n'.repeat(100)}${empty}`);
respond('head of 80 KiB', `${ok}x: ${'y'.repeat(80 * 1024 - 41)}\r\n${empty}`);
respond('head of 80 KiB + 1', `${ok}x: ${'y'.repeat(80 * 1024 - 40)}\r\n${empty}`);
respond('head of 100 KiB', `${ok}x: ${'y'.repeat(100 * 1024)}\r\n${empty}`);

export const responseCases: readonly ResponseCase[] = responses;
