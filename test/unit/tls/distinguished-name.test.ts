// Names in certificates from their bytes: RFC 2253 texts, and bytes that are none of it.
import t from 'tap';
import { certificateNames } from '../../../src/tls/sockets/certificate-names.ts';
import { elements, objectIdentifier, stringOf, Tag } from '../../../src/tls/sockets/der.ts';
import { distinguishedName } from '../../../src/tls/sockets/distinguished-name.ts';
import { SeededRandom } from '../../support/seeded-random.ts';

function der(tag: number, ...parts: readonly Buffer[]): Buffer {
  const content = Buffer.concat(parts);
  const length = content.length < 128 ? [content.length] : [0x82, content.length >> 8, content.length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...length]), content]);
}
const commonName = der(Tag.ObjectIdentifier, Buffer.from('550403', 'hex'));
const named = (value: Buffer): Buffer => der(Tag.Set, der(Tag.Sequence, commonName, value));
const text = (name: Buffer): string => {
  const [read] = elements(name);
  return read === undefined ? '' : distinguishedName(read);
};
const utf8 = (value: string): Buffer => der(Tag.Utf8String, Buffer.from(value));

t.test('values are escaped', (t) => {
  for (const [value, written] of [
    ['plain', 'plain'],
    ['', ''],
    [' a b ', '\\ a b\\ '],
    [' ', '\\ '],
    ['#a#', '\\#a#'],
    ['a,b+c"d\\e<f>g;h=i', 'a\\,b\\+c\\"d\\\\e\\<f\\>g\\;h=i'],
    ['ü', '\\C3\\BC'],
    ['\u{1f600}', '\\F0\\9F\\98\\80'],
    ['a\r\n\0\x7f', 'a\\0D\\0A\\00\\7F'],
  ] as const) {
    t.equal(text(der(Tag.Sequence, named(utf8(value)))), `CN=${written}`, JSON.stringify(value));
  }
  t.end();
});

t.test('the last relative name comes first', (t) => {
  t.equal(text(der(Tag.Sequence, named(utf8('a')), named(utf8('b')))), 'CN=b,CN=a');
  const two = der(Tag.Set, der(Tag.Sequence, commonName, utf8('a')), der(Tag.Sequence, commonName, utf8('b')));
  t.equal(text(der(Tag.Sequence, two)), 'CN=b+CN=a');
  t.end();
});

t.test('every type of string', (t) => {
  for (const [tag, hex, value] of [
    [Tag.PrintableString, '6162', 'ab'],
    [Tag.T61String, 'fc', 'ü'],
    [Tag.BmpString, '00fc0061', 'üa'],
    [Tag.BmpString, '00', undefined],
    [Tag.UniversalString, '0001f600', '\u{1f600}'],
    [Tag.UniversalString, 'ffffffff', undefined],
    [Tag.Integer, '01', undefined],
  ] as const) {
    const [element] = elements(der(tag, Buffer.from(hex, 'hex')));
    t.equal(element && stringOf(element), value, hex);
  }
  t.equal(text(der(Tag.Sequence, named(der(Tag.Integer, Buffer.from([1]))))), 'CN=#020101', 'no string: its encoding');
  t.end();
});

t.test('identifiers', (t) => {
  t.equal(objectIdentifier(Buffer.from('2a864886f70d010901', 'hex')), '1.2.840.113549.1.9.1');
  t.equal(objectIdentifier(Buffer.from('8837', 'hex')), '2.999');
  t.equal(objectIdentifier(Buffer.alloc(0)), '');
  t.end();
});

t.test('bytes that are no certificate name nobody', (t) => {
  const nobody = certificateNames(Buffer.alloc(0));
  t.same(nobody, {
    ...{
      subject: '',
      issuer: '',
      uriSans: [],
      dnsSans: [],
      ipSans: [],
      emailSans: [],
      otherNameSans: [],
      otherNameTypes: [],
      alternativeNames: [],
    },
  });
  const random = new SeededRandom(7);
  for (let round = 0; round < 2000; round++) {
    const bytes = Buffer.from(Array.from({ length: 40 }, () => Math.floor(random.fraction() * 256)));
    for (const [at, tag] of [0x30, 38, 0x30, 36].entries()) if (round % 2 === 0) bytes[at] = tag;
    certificateNames(bytes);
  }
  t.pass('nothing throws');
  t.end();
});
