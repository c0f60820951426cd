// Owns how subjects and issuers are written: RFC 2253, letter for letter as OpenSSL's and BoringSSL's XN_FLAG_RFC2253, since
// policies and applications compare these texts.
import { type Der, elements, objectIdentifier, stringOf } from './der.ts';

/** Short names of attribute types; others are written as numbers, with their value's encoding. */
const shortNames: Readonly<Record<string, string>> = {
  '2.5.4.3': 'CN',
  '2.5.4.4': 'SN',
  '2.5.4.5': 'serialNumber',
  '2.5.4.6': 'C',
  '2.5.4.7': 'L',
  '2.5.4.8': 'ST',
  '2.5.4.9': 'street',
  '2.5.4.10': 'O',
  '2.5.4.11': 'OU',
  '2.5.4.12': 'title',
  '2.5.4.13': 'description',
  '2.5.4.14': 'searchGuide',
  '2.5.4.15': 'businessCategory',
  '2.5.4.16': 'postalAddress',
  '2.5.4.17': 'postalCode',
  '2.5.4.18': 'postOfficeBox',
  '2.5.4.19': 'physicalDeliveryOfficeName',
  '2.5.4.20': 'telephoneNumber',
  '2.5.4.21': 'telexNumber',
  '2.5.4.22': 'teletexTerminalIdentifier',
  '2.5.4.23': 'facsimileTelephoneNumber',
  '2.5.4.24': 'x121Address',
  '2.5.4.25': 'internationaliSDNNumber',
  '2.5.4.26': 'registeredAddress',
  '2.5.4.27': 'destinationIndicator',
  '2.5.4.31': 'member',
  '2.5.4.32': 'owner',
  '2.5.4.33': 'roleOccupant',
  '2.5.4.34': 'seeAlso',
  '2.5.4.41': 'name',
  '2.5.4.42': 'GN',
  '2.5.4.43': 'initials',
  '2.5.4.44': 'generationQualifier',
  '2.5.4.45': 'x500UniqueIdentifier',
  '2.5.4.46': 'dnQualifier',
  '2.5.4.49': 'distinguishedName',
  '2.5.4.51': 'houseIdentifier',
  '2.5.4.54': 'dmdName',
  '2.5.4.65': 'pseudonym',
  '2.5.4.72': 'role',
  '0.9.2342.19200300.100.1.1': 'UID',
  '0.9.2342.19200300.100.1.25': 'DC',
  '1.2.840.113549.1.9.1': 'emailAddress',
  '1.2.840.113549.1.9.2': 'unstructuredName',
  '1.2.840.113549.1.9.8': 'unstructuredAddress',
};

/** `name`: the SEQUENCE of relative names. The last comes first. */
export function distinguishedName(name: Der): string {
  return elements(name.content)
    .map((relative) => elements(relative.content).map(attribute).reverse().join('+'))
    .reverse()
    .join(',');
}

function attribute(entry: Der): string {
  const [type, value] = elements(entry.content);
  if (type === undefined || value === undefined) return '';
  const id = objectIdentifier(type.content);
  const name = shortNames[id];
  const text = name === undefined ? undefined : stringOf(value);
  return `${name ?? id}=${text === undefined ? `#${value.whole.toString('hex').toUpperCase()}` : escaped(text)}`;
}

const plain = /^[^ #,+"\\<>;\0-\x1f\x7f-\uffff][^,+"\\<>;\0-\x1f\x7f-\uffff]*$/;

/** RFC 2253 section 2.4; control characters and what is not ASCII byte by byte. */
function escaped(text: string): string {
  if (plain.test(text) && !text.endsWith(' ')) return text;
  const characters = [...text];
  let result = '';
  for (const [index, character] of characters.entries()) {
    const code = character.codePointAt(0) ?? 0;
    if (code < 0x20 || code >= 0x7f) {
      for (const byte of Buffer.from(character)) result += `\\${byte.toString(16).toUpperCase().padStart(2, '0')}`;
    } else if (',+"\\<>;'.includes(character)) {
      result += `\\${character}`;
    } else if (
      (index === 0 && (character === '#' || character === ' ')) ||
      (index === characters.length - 1 && character === ' ')
    ) {
      result += `\\${character}`;
    } else {
      result += character;
    }
  }
  return result;
}
