// The first bytes of a TLS client, where they are cut.
import t from 'tap';
import { readClientHello } from '../../../src/tls/client-hello.ts';

/** A hello without extensions, of 41 bytes with the message's head. */
const message = Buffer.concat([
  Buffer.from('010000250303', 'hex'),
  Buffer.alloc(32, 0x72),
  Buffer.from('000002c02f0100', 'hex').subarray(0, 7),
]);
message[3] = message.length - 4;

function record(content: Buffer, length = content.length): Buffer {
  return Buffer.concat([Buffer.from([22, 3, 1, length >> 8, length & 0xff]), content]);
}

t.test('records are waited for until they are whole, as Envoy does', async (t) => {
  t.match(readClientHello(record(message)), { cipherSuites: [0xc02f] });
  t.equal(readClientHello(record(message, message.length + 1)), 'more', 'more of the record is to come');
  t.match(readClientHello(Buffer.concat([record(message, message.length + 1), Buffer.alloc(1)])), {
    cipherSuites: [0xc02f],
  });
  for (let length = 0; length < message.length + 5; length++) {
    t.equal(readClientHello(record(message).subarray(0, length)), 'more', `${length} bytes`);
  }
  const halves = [record(message.subarray(0, 3)), record(message.subarray(3))];
  t.match(readClientHello(Buffer.concat(halves)), { cipherSuites: [0xc02f] });
});
