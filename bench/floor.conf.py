"""The app's own gunicorn settings, without what belongs to the app: its background work."""

from runpy import run_path

globals().update(
    {
        name: value
        for name, value in run_path("gunicorn.conf.py").items()
        if not name.startswith("__") and name not in {"post_worker_init", "worker_exit"}
    }
)
