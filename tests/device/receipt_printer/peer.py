"""Prints one picture on the receipt printer at argv[1] with python-escpos, and saves it at argv[2]: an
independent peer of the simulator. Prints what the printer said of itself before."""

import random
import sys

from escpos.printer import Serial
from PIL import Image

printer = Serial(devfile=sys.argv[1], baudrate=115200, timeout=5, dsrdtr=False)
printer.profile.profile_data["media"]["width"]["pixels"] = 576
print(printer.is_online(), printer.paper_status())
dots = random.Random(7)
picture = Image.new("1", (576, 96), 1)
for y in range(96):
    for x in range(576):
        # No byte of a real-time command: python-escpos does not hide them as our encoder does.
        if x % 8 in (0, 7) and dots.random() < 0.4:
            picture.putpixel((x, y), 0)
picture.save(sys.argv[2])
printer.image(picture, impl="bitImageRaster", fragment_height=24)
printer.cut(feed=False)
printer.close()
