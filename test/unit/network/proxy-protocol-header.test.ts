import t from 'tap';
import { ipAddress, pipeAddress } from '../../../src/base/address.ts';
import { proxyProtocolHeader } from '../../../src/network/proxy-protocol-header.ts';

const v4 = ipAddress('10.1.2.3', 4660);
const other4 = ipAddress('192.0.2.9', 80);
const v6 = ipAddress('2001:db8::7', 4660);
const other6 = ipAddress('::1', 443);
const pipe = pipeAddress('/run/a');

t.test('version 1 is a line of text', async (t) => {
  t.equal(proxyProtocolHeader(1, v4, other4).toString(), 'PROXY TCP4 10.1.2.3 192.0.2.9 4660 80\r\n');
  t.equal(proxyProtocolHeader(1, v6, other6).toString(), 'PROXY TCP6 2001:db8::7 ::1 4660 443\r\n');
});

t.test('version 2 is binary', async (t) => {
  const signature = '0d0a0d0a000d0a515549540a';
  t.equal(proxyProtocolHeader(2, v4, other4).toString('hex'), `${signature}2111000c0a010203c000020912340050`);
  const addresses = '20010db8000000000000000000000007' + '00000000000000000000000000000001';
  t.equal(proxyProtocolHeader(2, v6, other6).toString('hex'), `${signature}21210024${addresses}123401bb`);
});

t.test('what is no pair of IP addresses is not told', async (t) => {
  t.equal(proxyProtocolHeader(1, pipe, other4).toString(), 'PROXY UNKNOWN\r\n');
  t.equal(proxyProtocolHeader(1, v6, other4).toString(), 'PROXY UNKNOWN\r\n');
  t.equal(proxyProtocolHeader(2, v4, pipe).toString('hex').slice(24), '20000000');
});
