"""Reads structured filings with edgartools, for benches/peers: a folder of submissions in, seconds out."""

import pathlib
import re
import sys
import time

from edgar.beneficial_ownership import Schedule13D, Schedule13G

pages = []
for path in sorted(pathlib.Path(sys.argv[1]).iterdir()):
    text = path.read_text()
    form = Schedule13D if re.search(r"<TYPE>SCHEDULE 13D", text) else Schedule13G
    pages.append((form, re.search(r"<XML>\n(.*?)</XML>", text, re.DOTALL).group(1)))

holders = 0
start = time.perf_counter()
for form, page in pages:
    holders += len(form.parse_xml(page)["reporting_persons"])
print(time.perf_counter() - start, len(pages), holders)
