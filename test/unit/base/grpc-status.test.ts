// What HTTP says to gRPC.
import t from 'tap';
import { isFaultOfServer, isGrpcContentType, percentEncode } from '../../../src/base/grpc-status.ts';

t.test('statuses that HTTP would tell by 500 and more are the fault of the server', async (t) => {
  const faults = Array.from({ length: 18 }, (_, status) => String(status)).filter(isFaultOfServer);
  t.same(faults, ['2', '4', '12', '13', '14', '15', '17']);
  t.ok(isFaultOfServer(undefined));
  t.ok(isFaultOfServer('x'));
});

t.test('types of gRPC', async (t) => {
  for (const type of ['application/grpc', 'application/grpc+proto', 'application/grpc+'])
    t.ok(isGrpcContentType(type), type);
  for (const type of [
    undefined,
    '',
    'application/grpc-web',
    'application/grpc;a=b',
    'Application/grpc',
    'application/grpcx',
  ])
    t.notOk(isGrpcContentType(type), String(type));
});

t.test('messages: everything but printable ASCII, the percent sign and the tilde', async (t) => {
  t.equal(percentEncode('a b\t%~\x7f\xff}'), 'a b%09%25%7E%7F%FF}');
});
