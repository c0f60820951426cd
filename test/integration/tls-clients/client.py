# A client of Python's ssl module. Told on its command line, as JSON, what to ask; answers as JSON what it met.
import json
import socket
import ssl
import sys

order = json.loads(sys.argv[1])
version = ssl.TLSVersion.TLSv1_2 if order['version'] == '1.2' else ssl.TLSVersion.TLSv1_3
context = ssl.create_default_context(cafile=order['ca'])
context.minimum_version = context.maximum_version = version
if order.get('ciphers'):
    context.set_ciphers(order['ciphers'])
if order.get('certificate'):
    context.load_cert_chain(order['certificate'], order['key'])
if order.get('noTicket'):
    context.options |= ssl.OP_NO_TICKET

met = []
session = None
for port in order['ports']:
    one = {'error': '', 'version': '', 'reused': False, 'certificate': '', 'status': 0, 'view': ''}
    met.append(one)
    try:
        raw = socket.create_connection(('127.0.0.1', port))
        with context.wrap_socket(raw, server_hostname='server.test', session=session) as connection:
            one['version'] = connection.version()
            one['reused'] = connection.session_reused
            for name in connection.getpeercert()['subject']:
                one['certificate'] = dict(name).get('commonName', one['certificate'])
            connection.sendall(b'GET / HTTP/1.1\r\nhost: server.test\r\nconnection: close\r\n\r\n')
            answer = b''
            while data := connection.recv(65536):
                answer += data
            # With TLS 1.3 it comes after the handshake.
            session = connection.session
            if not answer:
                raise OSError('closed without an answer')
            head = answer.decode('latin1').split('\r\n\r\n')[0].split('\r\n')
            one['status'] = int(head[0].split(' ')[1])
            for line in head:
                if line.startswith('x-tls: '):
                    one['view'] = line[7:]
    except OSError as error:
        one['error'] = str(error)
print(json.dumps(met))
