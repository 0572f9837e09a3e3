"""A small language client: starts `supcheck lsp` and speaks with it over pipes."""

import json
import os
import select
import subprocess
import time
import urllib.parse

PATIENCE = float(os.environ.get('SUP_TEST_PATIENCE', '20'))


def uri(path):
    return 'file://' + urllib.parse.quote(path)


def frame(message):
    body = message if isinstance(message, bytes) else json.dumps(message).encode()
    return b'Content-Length: %d\r\n\r\n%s' % (len(body), body)


class Client:
    """One server. Answers are kept by id, notifications in the order they came."""

    def __init__(self, program, cwd=None):
        self.process = subprocess.Popen([program, 'lsp'], cwd=cwd, stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.buffer = b''
        self.last_id = 0
        self.answers = {}
        self.notifications = []
        self.requests = []

    def send_bytes(self, data):
        self.process.stdin.write(data)
        self.process.stdin.flush()

    def send(self, message):
        self.send_bytes(frame({'jsonrpc': '2.0', **message}))

    def notify(self, method, **params):
        self.send({'method': method, 'params': params})

    def start_request(self, method, **params):
        self.last_id += 1
        self.send({'id': self.last_id, 'method': method, 'params': params})
        return self.last_id

    def request(self, method, **params):
        """The result; an error is raised."""
        answer = self.answer(self.start_request(method, **params))
        if 'error' in answer:
            raise RuntimeError(answer['error'])
        return answer['result']

    def answer(self, number):
        while number not in self.answers:
            self.take(self.read())
        return self.answers.pop(number)

    def notification(self, method):
        """The next one of that method."""
        while True:
            for index, message in enumerate(self.notifications):
                if message['method'] == method:
                    return self.notifications.pop(index)['params']
            self.take(self.read())

    def diagnostics(self, address, version=None):
        """Those that are published next for the document, of that version if one is given."""
        while True:
            found = self.notification('textDocument/publishDiagnostics')
            if found['uri'] == address and version in (None, found.get('version')):
                return found['diagnostics']

    def take(self, message):
        if 'method' not in message:
            self.answers[message['id']] = message
        elif 'id' in message:
            self.requests.append(message)
            self.send({'id': message['id'], 'result': None})
        else:
            self.notifications.append(message)

    def read(self):
        """The next message."""
        while b'\r\n\r\n' not in self.buffer:
            self.read_some()
        head, _, rest = self.buffer.partition(b'\r\n\r\n')
        size = int(head.split(b':')[1])
        while len(rest) < size:
            self.read_some()
            rest = self.buffer[len(head) + 4:]
        self.buffer = rest[size:]
        return json.loads(rest[:size])

    def read_some(self):
        deadline = time.monotonic() + PATIENCE
        ready, _, _ = select.select([self.process.stdout], [], [], max(0, deadline - time.monotonic()))
        if not ready:
            raise TimeoutError('the server says nothing')
        data = os.read(self.process.stdout.fileno(), 1 << 20)
        if not data:
            raise EOFError('the server has ended')
        self.buffer += data

    def initialize(self, capabilities=None, options=None):
        result = self.request('initialize', processId=os.getpid(), rootUri=None,
                              capabilities=capabilities or {}, initializationOptions=options)
        self.notify('initialized')
        return result

    def open(self, address, text, version=1):
        self.notify('textDocument/didOpen', textDocument={
            'uri': address, 'languageId': 'supervisor', 'version': version, 'text': text})

    def change(self, address, version, *changes):
        self.notify('textDocument/didChange',
                    textDocument={'uri': address, 'version': version}, contentChanges=list(changes))

    def at(self, method, address, line, character, **params):
        """A request about a place."""
        return self.request('textDocument/' + method, textDocument={'uri': address},
                            position={'line': line, 'character': character}, **params)

    def finish(self):
        """Shuts the server down; its exit status, and what it wrote to standard error."""
        self.request('shutdown')
        self.notify('exit')
        return self.end()

    def end(self):
        """Waits for its end."""
        self.process.stdin.close()
        status = self.process.wait(PATIENCE)
        errors = self.process.stderr.read().decode()
        self.close()
        return status, errors

    def close(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        for stream in (self.process.stdin, self.process.stdout, self.process.stderr):
            stream.close()
