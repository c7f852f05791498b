"""For mkdocs: links of pages to files that are not of the site lead to the repository."""

import re

HERE = 'https://github.com/aiomas-go/aiomas-go/blob/main/'


def on_page_markdown(markdown, page, config, files):
    return re.sub(r'\]\(\.\./', '](' + HERE, markdown)
