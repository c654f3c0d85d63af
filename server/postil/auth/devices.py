"""What a browser calls itself, in words that its owner knows it by in the list of his sign-ins. Pure."""

# In this order: almost every browser claims to be one of those that stand after it.
_BROWSERS = (
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser", "Samsung Internet"),
    ("Firefox/", "Firefox"),
    ("FxiOS", "Firefox"),
    ("CriOS", "Chrome"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
    ("curl/", "curl"),
)
_SYSTEMS = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("CrOS", "ChromeOS"),
    ("Mac OS X", "macOS"),
    ("Linux", "Linux"),
)


def device(user_agent: str) -> str:
    """“Firefox on Linux”; "" where nothing of it is known. No word of the browser's own is repeated."""
    seen = user_agent[:1000]
    browser = next((name for mark, name in _BROWSERS if mark in seen), "")
    system = next((name for mark, name in _SYSTEMS if mark in seen), "")
    return " on ".join(part for part in (browser, system) if part)
