"""The command line. `postil --help` has the commands, each of which has examples; postil.commands holds them."""

import signal
import sys

from postil.commands.importing import importing

with importing():
    import click

    import postil
    from postil.commands import pages, publish, service, sites, storage


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(postil.__version__, prog_name="postil")
def main() -> None:
    """Readers discuss each section of an article, live and in place.

    Settings come from the environment (POSTIL_…) or a .env file; docs/settings.md lists them.
    """


for command in (
    *(service.serve, service.demo, service.watch, service.openapi),
    *(sites.site, pages.page, pages.anchors, publish.publish),
    *(storage.migrate, storage.backup, storage.restore),
):
    main.add_command(command)


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.default_int_handler)
    sys.exit(main())
