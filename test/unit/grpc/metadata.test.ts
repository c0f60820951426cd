// Metadata in headers: text as it is, bytes as base64.
import t from 'tap';
import { appendMetadata, Metadata } from '../../../src/grpc/metadata.ts';
import { HeaderMap, RequestHeaders } from '../../../src/http/headers/header-map.ts';
import { headerName } from '../../../src/http/headers/name.ts';

t.test('out and back', (t) => {
  const headers = new RequestHeaders();
  appendMetadata(headers, [
    { name: 'x-text', value: 'one' },
    { name: 'x-text', value: 'two' },
    { name: 'x-bytes-bin', value: '\x00\xff' },
  ]);
  t.equal(headers.get(headerName('x-bytes-bin')), 'AP8=');
  const metadata = new Metadata(headers);
  t.same(metadata.all('x-text'), ['one', 'two']);
  t.equal(metadata.get('x-bytes-bin'), '\x00\xff');
  t.equal(metadata.get('x-none'), undefined);
  t.same(metadata.names(), ['x-text', 'x-bytes-bin']);
  t.end();
});

t.test('several binary values in one line, without padding', (t) => {
  const headers = new HeaderMap();
  headers.append(headerName('x-bin'), 'AP8,AQ');
  t.same(new Metadata(headers).all('x-bin'), ['\x00\xff', '\x01']);
  t.end();
});
