"""The page, used as a person uses it: in Debian's headless Chromium, and as forms without scripts.
Pictures of it go to $SUP_PICTURES, if that is set."""

import http.client
import os
import re
import unittest
import urllib.parse

import browser
from browser import Browser
from harness import PATIENCE
from test_http import HttpTest, SLEEP
from test_rpc import UNIX, free_port


class PageTest(HttpTest):
    def serve_page(self, text, server=''):
        self.port = free_port()
        self.url = 'http://127.0.0.1:%d/' % self.port
        self.serve(UNIX + '[inet_http_server]\nport=127.0.0.1:%d\n%s\n' % (self.port, server) + text)

    def state(self, name):
        return self.get('/api/v1/processes/' + name)[1]['statename']


class Forms(PageTest):
    """What is there without scripts."""

    def send(self, path, method='GET', form=None, **headers):
        connection = http.client.HTTPConnection('127.0.0.1', self.port, timeout=PATIENCE)
        self.addCleanup(connection.close)
        body = urllib.parse.urlencode(form) if form else None
        headers = {name.replace('_', '-'): value for name, value in headers.items()}
        if form:
            headers.setdefault('Content-Type', 'application/x-www-form-urlencoded')
        connection.request(method, path, body, headers)
        answer = connection.getresponse()
        return answer.status, answer.headers, answer.read().decode()

    def token(self):
        return re.search(r'name="token" value="(\w+)"', self.send('/')[2]).group(1)

    def test_an_action_is_a_form_with_a_token(self):
        self.serve_page(SLEEP % 'a')
        self.wait_for_state('a', 'RUNNING')
        form = {'action': 'stop', 'processname': 'a', 'token': self.token()}
        status, headers, _ = self.send('/index.html', 'POST', form, Origin=self.url[:-1])
        self.assertEqual((status, headers['Location']), (303, './?message=a%20stopped'))
        self.assertEqual(self.state('a'), 'STOPPED')
        self.assertIn('a stopped', self.send('/?message=a%20stopped')[2])
        status, headers, _ = self.send('/', 'POST', dict(form, action='restartall'))
        self.assertEqual((status, headers['Location']), (303, './?message=All%20were%20restarted'))
        self.assertEqual(self.state('a'), 'RUNNING')

    def test_without_the_token_or_from_elsewhere_nothing_happens(self):
        self.serve_page(SLEEP % 'a')
        self.wait_for_state('a', 'RUNNING')
        form = {'action': 'stop', 'processname': 'a'}
        self.assertEqual(self.send('/', 'POST', form)[0], 403)
        self.assertEqual(self.send('/', 'POST', dict(form, token='0' * 32))[0], 403)
        form['token'] = self.token()
        self.assertEqual(self.send('/', 'POST', form, Origin='http://evil.example')[0], 403)
        self.assertEqual(self.send('/?action=stop&processname=a')[0], 200)
        self.assertEqual(self.send('/index.html?action=stopall')[0], 200)
        self.assertEqual(self.state('a'), 'RUNNING')

    def test_old_addresses(self):
        self.serve_page('[program:a]\ncommand=/bin/sh -c "echo hello; sleep 1000"\nstartsecs=0\n')
        self.wait_for_state('a', 'RUNNING')
        self.wait_until(lambda: 'hello' in self.send('/tail.html?processname=a&limit=1024')[2], 'output')
        self.assertEqual(self.send('/ok.html')[2], 'OK')
        status, headers, text = self.send('/stylesheets/supervisor.css')
        self.assertEqual((status, headers['Content-Type']), (200, 'text/css;charset=utf-8'))
        self.assertEqual(self.send('/stylesheets/supervisor.css', If_None_Match=headers['ETag'])[0], 304)
        self.assertIn('Clear the logs of a?', self.send('/index.html?processname=a&action=clearlog')[2])


@unittest.skipUnless(browser.PROGRAM, 'no Chromium (package chromium-headless-shell)')
class Page(PageTest):
    """In a browser."""

    def setUp(self):
        super().setUp()
        self.browser = Browser(PATIENCE)
        self.addCleanup(self.browser.close)
        self.browser.size(1200, 800)

    def picture(self, name):
        folder = os.environ.get('SUP_PICTURES')
        if folder:
            os.makedirs(folder, exist_ok=True)
            self.browser.picture(os.path.join(folder, name + '.png'))

    def row(self, name):
        return 'tr[data-name="%s"]' % name

    def wait_for_row(self, name, state):
        self.browser.until('document.querySelector(\'%s\')?.dataset.state === "%s"' %
                           (self.row(name), state))

    def nothing_went_wrong(self):
        self.assertEqual(self.browser.messages, [])

    def test_a_process_is_stopped_and_started(self):
        self.serve_page(SLEEP % 'a' + SLEEP % 'b')
        page = self.browser
        page.open(self.url)
        self.wait_for_row('a', 'running')
        self.picture('processes')
        page.click(self.row('a') + ' [value=stop]')
        page.until('document.querySelector("dialog h2").textContent === "Stop a?"')
        self.picture('stop')
        page.press('Escape', windowsVirtualKeyCode=27)
        page.until('!document.querySelector("dialog")')
        self.assertEqual(self.state('a'), 'RUNNING')
        page.click(self.row('a') + ' [value=stop]')
        page.click('dialog [value=yes]')
        self.wait_for_row('a', 'stopped')
        self.assertEqual(self.state('a'), 'STOPPED')
        page.until('document.querySelector("#message").textContent === "a stopped"')
        page.click(self.row('a') + ' [value=start]')
        page.until('document.querySelector("dialog h2").textContent === "Start a?"')
        page.click('dialog [value=yes]')
        self.wait_for_row('a', 'running')
        page.until('document.querySelectorAll(\'%s rect\').length === 1' % self.row('a'))
        page.until('document.querySelector(\'%s small\').textContent === "\u21bb 1"' % self.row('a'))
        self.nothing_went_wrong()

    def test_name_and_password_in_the_address(self):
        self.serve_page(SLEEP % 'a', 'username=ops\npassword=long-enough')
        page = self.browser
        page.open(self.url.replace('//', '//ops:long-enough@'))
        self.wait_for_row('a', 'running')
        page.click(self.row('a') + ' [value=stop]')
        page.click('dialog [value=yes]')
        self.wait_for_row('a', 'stopped')
        self.nothing_went_wrong()

    def test_states_come_without_reloading(self):
        self.serve_page(SLEEP % 'a')
        self.browser.open(self.url)
        self.wait_for_row('a', 'running')
        self.browser.value('window.stillHere = true')
        self.server().supervisor.stopProcess('a')
        self.wait_for_row('a', 'stopped')
        self.server().supervisor.startProcess('a')
        self.wait_for_row('a', 'running')
        pid = self.get('/api/v1/processes/a')[1]['pid']
        self.browser.until('document.querySelector("%s .about").textContent.includes("pid %d, uptime")'
                           % (self.row('a').replace('"', '\\"'), pid))
        self.assertTrue(self.browser.value('window.stillHere'))
        self.nothing_went_wrong()

    def test_what_is_open_stays_when_groups_come_and_go(self):
        self.serve_page(SLEEP % 'a' + SLEEP % 'm' + SLEEP % 'z')
        page = self.browser
        page.open(self.url)
        self.wait_for_row('a', 'running')
        page.value('window.stillHere = true')
        self.server().supervisor.stopProcess('z')
        self.wait_for_row('z', 'stopped')
        page.until('document.querySelectorAll("#events li").length > 0')
        page.click(self.row('a') + ' a')
        page.until('document.querySelector("dialog[open]") !== null')
        with open(self.path('s.conf')) as file:
            text = file.read()
        with open(self.path('s.conf'), 'w') as file:
            file.write(text.replace('[program:m]', '[program:k]'))
        self.server().suprun.update()
        self.wait_for_row('k', 'running')
        page.until('!document.querySelector(\'%s\')' % self.row('m'))
        self.assertEqual(page.value('[...document.querySelectorAll("#processes tbody tr")]'
                                    '.map((row) => row.dataset.name).join()'), 'a,k,z')
        self.assertTrue(page.value('window.stillHere'))
        self.assertTrue(page.value('document.querySelector("dialog[open]") !== null'))
        self.assertGreater(page.value('document.querySelectorAll("#events li").length'), 2)
        # A row that came is as the others.
        page.press('Escape', windowsVirtualKeyCode=27)
        page.click(self.row('k') + ' [value=stop]')
        page.click('dialog [value=yes]')
        self.wait_for_row('k', 'stopped')

    def test_what_came_of_a_click_is_seen(self):
        self.serve_page(SLEEP % 'a' + 'numprocs=40\nprocess_name=%(process_num)02d\n')
        page = self.browser
        page.open(self.url)
        self.wait_for_row('a:39', 'running')
        page.click(self.row('a:39') + ' [value=stop]')
        page.click('dialog [value=yes]')
        page.until('document.querySelector("#message").textContent === "a:39 stopped"')
        self.assertGreater(page.value('scrollY'), 500)
        self.assertGreaterEqual(page.value('document.querySelector("#message").getBoundingClientRect().top'), 0)
        # Its end was asked for.
        page.until('document.querySelector(\'%s rect\')?.getAttribute("class") === "asked"' % self.row('a:39'))
        self.server().supervisor.startProcess('a:39')
        self.wait_for_row('a:39', 'running')
        os.kill(self.get('/api/v1/processes/a%3A39')[1]['pid'], 9)
        page.until('document.querySelectorAll(\'%s .bad\').length === 1' % self.row('a:39'))
        page.open(self.url)
        page.until('document.querySelectorAll(\'%s .bad\').length === 1 && '
                   'document.querySelectorAll(\'%s .asked\').length === 1' % (self.row('a:39'), self.row('a:39')))

    def test_what_one_may_not_do_is_not_offered(self):
        self.serve_page(SLEEP % 'a', 'users=reader:long-enough:read,operator:long-enough:operate')
        page = self.browser
        for user, buttons in ('reader', 0), ('operator', 7):
            page.open(self.url.replace('//', '//%s:long-enough@' % user))
            self.wait_for_row('a', 'running')
            self.assertEqual(page.value('document.querySelectorAll("[name=action]").length'), buttons, user)
            self.assertEqual(page.value('document.querySelectorAll("#processes th[scope=col]").length'),
                             5 if buttons else 4)
            page.click('nav [data-view=plan]')
            page.until('document.querySelectorAll("#plan .card").length === 2')
            self.assertEqual(page.value('document.querySelector("#plan .card p").textContent'),
                             'Nothing: what runs is what the configuration says.' if buttons else
                             'Shown to those who may operate')

    def test_all_are_restarted(self):
        self.serve_page(SLEEP % 'a' + SLEEP % 'b' + '[program:c]\ncommand=@/no\nstartretries=0\n')
        self.browser.open(self.url)
        self.wait_for_row('c', 'fatal')
        self.wait_for_row('a', 'running')
        pid = self.get('/api/v1/processes/a')[1]['pid']
        self.browser.click('header [value=restartall]')
        self.browser.click('dialog [value=yes]')
        self.browser.until('document.querySelector("#message").textContent'
                           '.startsWith("All were restarted, but not: c (")')
        self.assertNotEqual(self.get('/api/v1/processes/a')[1]['pid'], pid)

    def test_the_log_is_followed_and_searched(self):
        self.serve_page('[program:cat]\ncommand=/bin/cat\nstartsecs=0\n')
        page = self.browser
        page.open(self.url)
        self.wait_for_row('cat', 'running')
        server = self.server().supervisor
        server.sendProcessStdin('cat', 'first <b>line</b>\nother\n')
        self.wait_until(lambda: 'other' in self.get('/api/v1/processes/cat/stdout')[1], 'the echo')
        page.click(self.row('cat') + ' th a')
        page.until('document.querySelector("dialog pre").textContent === "first <b>line</b>\\nother\\n"')
        server.sendProcessStdin('cat', 'first again\n')
        page.until('document.querySelector("dialog pre").textContent.endsWith("first again\\n")')
        self.picture('log')
        page.click('dialog input')
        page.write('FIRST')
        page.until('document.querySelector("dialog [role=status]").textContent === "2 lines"')
        self.assertEqual(page.value('document.querySelectorAll("dialog mark").length'), 2)
        page.click('dialog [value=close]')
        page.until('!document.querySelector("dialog")')
        self.nothing_went_wrong()

    def test_an_open_log_outlives_its_process(self):
        with_cat = '[program:cat]\ncommand=/bin/cat\nstartsecs=0\nstdout_logfile=@/cat.log\n'
        self.serve_page(with_cat)
        page = self.browser
        page.open(self.url)
        self.wait_for_row('cat', 'running')
        self.server().supervisor.sendProcessStdin('cat', 'before\n')
        page.click(self.row('cat') + ' th a')
        page.until('document.querySelector("dialog pre").textContent === "before\\n"')
        whole = self.read('s.conf')
        self.write('s.conf', whole.replace('[program:cat]', '[ignored:cat]'))
        self.server().suprun.update()
        page.until('document.querySelector("dialog .bad").textContent === "There is no such process now"')
        self.assertEqual(page.value('document.querySelector("dialog pre").textContent'), 'before\n')
        self.write('s.conf', whole)
        self.server().suprun.update()
        self.wait_for_state('cat', 'RUNNING')
        self.server().supervisor.sendProcessStdin('cat', 'after\n')
        page.until('document.querySelector("dialog pre").textContent === "before\\nafter\\n"')
        self.assertEqual(page.value('document.querySelector("dialog .bad").textContent'), '')

    def test_events_listeners_and_the_plan(self):
        self.serve_page(SLEEP % 'a' + '[eventlistener:l]\ncommand=/bin/cat\nevents=TICK_60\n')
        page = self.browser
        page.open(self.url)
        self.wait_for_row('a', 'running')
        page.click('nav [data-view=events]')
        self.server().supervisor.sendRemoteCommEvent('hello', '<i>you</i>')
        page.until('document.querySelector("#events").innerText.includes("<i>you</i>")')
        self.picture('events')
        page.click('nav [data-view=listeners]')
        page.until('document.querySelector("#listeners").innerText.includes(" of 10 wait")')
        self.picture('listeners')
        page.click('nav [data-view=plan]')
        page.until('document.querySelector("#plan").innerText.includes("s.conf:")')
        with open(self.path('s.conf'), 'a') as file:
            file.write(SLEEP % 'fresh')
        page.click('nav [data-view=plan]')
        page.until('document.querySelector("#plan").innerText.includes("add fresh")')
        self.picture('plan')
        page.click('#plan button.primary')
        page.click('dialog [value=yes]')
        self.wait_for_row('fresh', 'running')
        self.nothing_went_wrong()

    def test_the_keyboard_is_enough(self):
        self.serve_page(SLEEP % 'abc' + SLEEP % 'xyz')
        page = self.browser
        page.open(self.url)
        self.wait_for_row('abc', 'running')
        page.press('/', text='/')
        page.write('xy')
        page.until('document.querySelector(\'%s\').hidden' % self.row('abc'))
        for _ in range(20):
            page.press('Tab', windowsVirtualKeyCode=9)
            if page.value('document.activeElement.value') == 'stop':
                break
        page.press('Enter', windowsVirtualKeyCode=13, text='\r')
        page.until('document.querySelector("dialog[open]") !== null')
        page.press('Enter', windowsVirtualKeyCode=13, text='\r')
        self.wait_for_row('xyz', 'stopped')
        self.assertEqual((self.state('abc'), self.state('xyz')), ('RUNNING', 'STOPPED'))

    def test_on_a_phone_in_the_dark(self):
        self.serve_page(SLEEP % 'a' + '[group:quite_a_long_group]\nprograms=member\n' + SLEEP % 'member' +
                        SLEEP % ('long' * 15) +
                        '[program:gone]\ncommand=/no/such/program/at/all\nstartretries=0\n')
        page = self.browser
        page.size(360, 740, dark=True)
        page.open(self.url)
        self.wait_for_row('gone', 'fatal')
        self.picture('phone-dark')
        for view in ('processes', 'events', 'listeners', 'plan'):
            page.click('nav [data-view=%s]' % view)
            page.until('!document.querySelector("#%s").hidden' % view)
            # Nothing sticks out to the side.
            self.assertLessEqual(page.value('document.documentElement.scrollWidth'), 360, view)
        # Cells of tables stand under one another, each with its head; names are on one line.
        page.until('document.querySelector("#plan td") !== null')
        self.assertLessEqual(page.value('document.documentElement.scrollWidth'), 360)
        self.assertEqual(page.value('getComputedStyle(document.querySelector("#plan td"), "::before").content'),
                         '"Command"')
        self.assertEqual(page.value('[...document.querySelectorAll("#plan td")].map((cell) => cell.dataset.head).slice(0, 2).join()'),
                         'Command,Place')
        self.assertLess(page.value('Math.max(...[...document.querySelectorAll("#plan th[scope=row]")]'
                                   '.filter((name) => name.textContent.length < 30).map((name) => name.clientHeight))'), 40)
        dark = page.value('getComputedStyle(document.body).backgroundColor')
        page.size(360, 740)
        self.assertNotEqual(dark, page.value('getComputedStyle(document.body).backgroundColor'))
        self.picture('phone')

    def test_without_scripts(self):
        self.serve_page(SLEEP % 'a')
        page = self.browser
        page.open(self.url)
        self.wait_for_row('a', 'running')
        page.scripts(False)
        page.open(self.url)
        page.click(self.row('a') + ' [value=stop]')
        page.until('document.querySelector("#message")?.textContent === "a stopped"')
        self.wait_for_row('a', 'stopped')
        self.assertFalse(page.value('document.querySelector("nav").checkVisibility()'))

    def test_a_bookmark_asks_back(self):
        self.serve_page(SLEEP % 'a')
        self.wait_for_state('a', 'RUNNING')
        page = self.browser
        page.open(self.url + 'index.html?processname=a&action=stop')
        self.assertEqual(page.value('document.querySelector("h1").textContent'), 'Stop a?')
        self.assertEqual(self.state('a'), 'RUNNING')
        self.picture('bookmark')
        page.click('[value=stop]')
        self.wait_for_row('a', 'stopped')
