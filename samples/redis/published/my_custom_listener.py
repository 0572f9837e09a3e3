#!/usr/bin/env python
# -*- coding: utf-8 -*-
import sys
from supervisor import childutils
def write_stdout(s):
# only eventlistener protocol messages may be sent to stdout
sys.stdout.write(s)
sys.stdout.flush()
def write_stderr(s):
sys.stderr.write(s)
sys.stderr.flush()
def main():
while 1:
# transition from ACKNOWLEDGED to READY
write_stdout('READY\n')
# read header line and print it to stderr
line = sys.stdin.readline()
write_stderr(line)
# read event payload and print it to stderr
headers = dict([ x.split(':') for x in line.split() ])
data = sys.stdin.read(int(headers['len']))
write_stderr(data)
# transition from READY to ACKNOWLEDGED
write_stdout('RESULT 2\nOK')
# 使用supervisor的childutils解析
headers, payload = childutils.listener.wait(sys.stdin, sys.stdout)
pheaders, pdata = childutils.eventdata(payload + '\n')
# 当 program 的退出码为对应配置中的 exitcodes 值时, expected=1; 否则为0
if int(pheaders.get('expected', 1)):
childutils.listener.ok(sys.stdout)
continue
else: # 0, 异常退出,根据 pheaders 的值发送报警处理
############################
pass # 你的自定制发送报警逻辑 #
with open('/opt/sup.log', 'a') as f: # 这里写入文件作为报警简单模拟
f.write(str(pheaders))
f.write(str(pdata))
f.write('\n')
############################
# 向 stdout 写入"RESULT\nOK",并进入下一次循环
childutils.listener.ok(sys.stdout)
if __name__ == '__main__':
main()
