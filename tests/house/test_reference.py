"""The reference pages say what the code says."""

import pytest

from tools.reference import FOLDER, PAGES, page


@pytest.mark.parametrize("name", PAGES)
def test_a_reference_page_is_what_the_code_makes(name: str) -> None:
    written = (FOLDER / name).read_text("utf-8")
    assert written == page(name), "the code has changed; run: make docs"
