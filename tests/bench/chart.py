"""Charts as SVG, for light and dark pages: what an operation costs as the number of programs grows."""

import math
import os
from xml.sax.saxutils import escape

OPERATIONS = [('boot_ms', 'boot', 'milliseconds from exec to the last child'),
              ('restart_ms', 'restart', 'milliseconds from kill -9 to the replacement'),
              ('status_ms', 'status', 'milliseconds of the command, exec to exit'),
              ('info_ms', 'getAllProcessInfo', 'milliseconds of a call'),
              ('stop_ms', 'stop', 'milliseconds from SIGTERM to the end of all')]
SYSTEMS = ('suprun', 'supervisord')

WIDTH, HEIGHT = 640, 360
LEFT, RIGHT, TOP, BOTTOM = 70, 120, 50, 50

STYLE = '''
  svg { color-scheme: light dark; font: 13px system-ui, sans-serif }
  .page { fill: #fff } .text { fill: #222 } .faint { fill: #666 } .grid { stroke: #ddd }
  .suprun { stroke: #0969da; fill: #0969da } .supervisord { stroke: #bc4c00; fill: #bc4c00 }
  polyline { fill: none !important; stroke-width: 2 } text { stroke: none }
  @media (prefers-color-scheme: dark) {
    .page { fill: #0d1117 } .text { fill: #e6edf3 } .faint { fill: #9198a1 } .grid { stroke: #30363d }
    .suprun { stroke: #58a6ff; fill: #58a6ff } .supervisord { stroke: #f0883e; fill: #f0883e }
  }
'''


def tick(value):
    return '{:,.0f}'.format(value) if value >= 1 else '%g' % value


def chart(title, what, lines):
    """`lines`: {system: [(n, value), …]}, both axes by powers of ten."""
    every_n = [n for points in lines.values() for n, _ in points]
    values = [max(value, 1e-6) for points in lines.values() for _, value in points]
    n_low, n_high = math.log10(min(every_n)), math.log10(max(every_n))
    low, high = math.floor(math.log10(min(values))), math.ceil(math.log10(max(values)))
    high = max(high, low + 1)
    n_high = max(n_high, n_low + 1)

    def x(n):
        return LEFT + (math.log10(n) - n_low) / (n_high - n_low) * (WIDTH - LEFT - RIGHT)

    def y(value):
        share = (math.log10(max(value, 1e-6)) - low) / (high - low)
        return HEIGHT - BOTTOM - share * (HEIGHT - TOP - BOTTOM)

    out = ['<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" role="img" aria-label="%s">'
           % (WIDTH, HEIGHT, escape(title + ', ' + what)), '<style>%s</style>' % STYLE,
           '<rect class="page" width="%d" height="%d"/>' % (WIDTH, HEIGHT),
           '<text class="text" x="%d" y="22" font-weight="600">%s</text>' % (LEFT, escape(title)),
           '<text class="faint" x="%d" y="40">%s</text>' % (LEFT, escape(what))]
    for power in range(low, high + 1):
        at = y(10 ** power)
        out.append('<line class="grid" x1="%d" y1="%.1f" x2="%d" y2="%.1f"/>'
                   % (LEFT, at, WIDTH - RIGHT, at))
        out.append('<text class="faint" x="%d" y="%.1f" text-anchor="end">%s</text>'
                   % (LEFT - 8, at + 4, tick(10 ** power)))
    for n in sorted(set(every_n)):
        out.append('<text class="faint" x="%.1f" y="%d" text-anchor="middle">%s</text>'
                   % (x(n), HEIGHT - BOTTOM + 20, tick(n)))
    out.append('<text class="faint" x="%d" y="%d" text-anchor="middle">programs</text>'
               % ((LEFT + WIDTH - RIGHT) // 2, HEIGHT - 10))
    for system, points in lines.items():
        places = ['%.1f,%.1f' % (x(n), y(value)) for n, value in points]
        out.append('<g class="%s"><polyline points="%s"/>' % (system, ' '.join(places)))
        out += ['<circle cx="%s" cy="%s" r="3.5"/>' % tuple(each.split(',')) for each in places]
        out.append('<text x="%.1f" y="%.1f">%s</text></g>'
                   % (x(points[-1][0]) + 8, y(points[-1][1]) + 4, system))
    return '\n'.join(out) + '\n</svg>\n'


def texts(results):
    """(name, what it shows, the SVG) of each operation that was measured."""
    for metric, name, what in OPERATIONS:
        lines = {system: points for system in SYSTEMS
                 if (points := results.points('scale', metric, system))}
        if lines:
            yield name, what, chart(name, what, lines)


def draw(results, folder):
    """One file for each operation that was measured; returns their paths."""
    os.makedirs(folder, exist_ok=True)
    drawn = []
    for name, _, text in texts(results):
        drawn.append(os.path.join(folder, name + '.svg'))
        with open(drawn[-1], 'w') as file:
            file.write(text)
    return drawn


def is_drawn(results, folder):
    """Whether draw() would change nothing."""
    for name, _, text in texts(results):
        try:
            with open(os.path.join(folder, name + '.svg')) as file:
                if file.read() != text:
                    return False
        except FileNotFoundError:
            return False
    return True
