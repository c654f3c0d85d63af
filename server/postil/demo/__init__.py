"""The demo: `postil demo` runs the main job without any configuration."""
