"""A headless Chromium, driven with its DevTools protocol over a pipe, so that no driver and no further
package is needed. Debian's chromium-headless-shell is the smallest that does it."""

import base64
import json
import os
import select
import shutil
import subprocess
import tempfile
import time

PROGRAM = next((found for found in map(shutil.which, (
    'chromium-headless-shell', 'chromium-shell', 'chromium', 'chrome-headless-shell',
    'google-chrome')) if found), None)


class Browser:
    """One browser with one tab."""

    def __init__(self, patience):
        self.patience = patience
        self.folder = tempfile.mkdtemp(prefix='browser-')
        to_browser, self.to = os.pipe()
        self.come, from_browser = os.pipe()

        def place():
            # The browser reads from descriptor 3 and writes to 4. The pipes are the lowest numbers
            # that were free, so that this order overwrites none that is still needed.
            os.dup2(to_browser, 3)
            os.dup2(from_browser, 4)
        # --no-sandbox: tests may be run by root.
        self.process = subprocess.Popen(
            [PROGRAM, '--headless', '--remote-debugging-pipe', '--no-sandbox', '--disable-gpu',
             '--disable-dev-shm-usage', '--no-first-run', '--user-data-dir=' + self.folder,
             'about:blank'],
            preexec_fn=place, pass_fds=(3, 4), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL, start_new_session=True, env=dict(os.environ, HOME=self.folder))
        os.close(to_browser)
        os.close(from_browser)
        self.number = 0
        self.bytes = b''
        self.messages = []  # what pages wrote to their consoles, and what went wrong in them
        self.session = None
        target = self.call('Target.createTarget', url='about:blank')['targetId']
        self.session = self.call('Target.attachToTarget', targetId=target, flatten=True)['sessionId']
        for domain in ('Page', 'Runtime', 'Log', 'Network'):
            self.call(domain + '.enable')

    def close(self):
        try:
            self.session = None
            self.call('Browser.close')
            self.process.wait(self.patience)
        except (OSError, subprocess.TimeoutExpired, TimeoutError):
            self.process.kill()
            self.process.wait()
        os.close(self.to)
        os.close(self.come)
        shutil.rmtree(self.folder, ignore_errors=True)

    def call(self, method, **parameters):
        self.number += 1
        message = {'id': self.number, 'method': method, 'params': parameters}
        if self.session:
            message['sessionId'] = self.session
        os.write(self.to, json.dumps(message).encode() + b'\0')
        deadline = time.monotonic() + self.patience
        while True:
            answer = self.receive(deadline)
            if answer.get('id') == self.number:
                if 'error' in answer:
                    raise AssertionError('%s: %s' % (method, answer['error']['message']))
                return answer['result']

    def receive(self, deadline):
        while b'\0' not in self.bytes:
            left = max(deadline - time.monotonic(), 0)
            if not select.select([self.come], [], [], left)[0]:
                raise TimeoutError('the browser does not answer')
            piece = os.read(self.come, 1 << 20)
            if not piece:
                raise OSError('the browser has gone')
            self.bytes += piece
        text, _, self.bytes = self.bytes.partition(b'\0')
        message = json.loads(text)
        if message.get('method') == 'Log.entryAdded':
            self.messages.append(message['params']['entry']['text'])
        elif message.get('method') == 'Runtime.exceptionThrown':
            self.messages.append(json.dumps(message['params']['exceptionDetails']))
        elif message.get('method') == 'Runtime.consoleAPICalled':
            self.messages.append(json.dumps(message['params']['args']))
        return message

    # what a person does

    def open(self, url):
        self.call('Page.navigate', url=url)
        self.until('document.readyState === "complete" && location.href !== "about:blank"')

    def value(self, script):
        """What an expression is in the page."""
        result = self.call('Runtime.evaluate', expression=script, returnByValue=True,
                           awaitPromise=True)
        if 'exceptionDetails' in result:
            raise AssertionError('%s: %s' % (script, result['exceptionDetails']))
        return result['result'].get('value')

    def until(self, script):
        """Waits until an expression is true in the page; returns its value."""
        deadline = time.monotonic() + self.patience
        while True:
            try:
                value = self.value(script)
            except AssertionError:
                value = None  # the page is being left
            if value:
                return value
            if time.monotonic() > deadline:
                raise AssertionError('waited in vain for %s; the page says:\n%s\n%s' % (
                    script, self.value('document.body.innerText'), self.messages))
            time.sleep(0.02)

    def click(self, selector):
        """Presses the mouse in the middle of what is seen there."""
        self.until('document.querySelector(%s) !== null' % json.dumps(selector))
        place = self.value('''(() => {
            const element = document.querySelector(%s);
            element.scrollIntoView({block: "center"});
            const box = element.getBoundingClientRect();
            const x = box.x + box.width / 2, y = box.y + box.height / 2;
            const top = document.elementFromPoint(x, y);
            return {x, y, hit: box.width > 0 && top !== null && (element.contains(top) || top.contains(element))};
        })()''' % json.dumps(selector))
        if not place['hit']:
            raise AssertionError('%s cannot be clicked: something is over it' % selector)
        for kind in ('mousePressed', 'mouseReleased'):
            self.call('Input.dispatchMouseEvent', type=kind, x=place['x'], y=place['y'],
                      button='left', clickCount=1)

    def press(self, key, **more):
        for kind in ('keyDown', 'keyUp'):
            self.call('Input.dispatchKeyEvent', type=kind, key=key, **more)

    def write(self, text):
        self.call('Input.insertText', text=text)

    def size(self, width, height, dark=False):
        self.call('Emulation.setDeviceMetricsOverride', width=width, height=height,
                  deviceScaleFactor=1, mobile=width < 600)
        self.call('Emulation.setEmulatedMedia', features=[
            {'name': 'prefers-color-scheme', 'value': 'dark' if dark else 'light'}])

    def scripts(self, on):
        self.call('Emulation.setScriptExecutionDisabled', value=not on)

    def picture(self, path):
        with open(path, 'wb') as file:
            file.write(base64.b64decode(self.call('Page.captureScreenshot')['data']))
