"""newsbeam as an Airflow DAG (Airflow 3): poll what is due, then send the alerts.

``max_active_runs=1`` because the store has one writer; a task that meets another writer ends with
exit code 75 and is skipped, not failed.
"""

from datetime import datetime, timedelta

from airflow.providers.standard.operators.bash import BashOperator
from airflow.sdk import DAG

NEWSBEAM = "/srv/newsbeam/venv/bin/newsbeam -c /srv/newsbeam/newsbeam.toml"
PARTIAL_IS_FINE = "; code=$?; test $code -eq 3 && code=0; exit $code"
"""Exit code 3: some feeds failed, which is an outlet's trouble and not ours."""

with DAG(
    dag_id="newsbeam",
    schedule=timedelta(minutes=10),
    start_date=datetime(2026, 1, 1),  # noqa: DTZ001  # Airflow takes it as UTC
    catchup=False,
    max_active_runs=1,
    default_args={"retries": 2, "retry_delay": timedelta(minutes=1)},
) as dag:
    run = BashOperator(
        task_id="run",
        bash_command=f"{NEWSBEAM} run --json{PARTIAL_IS_FINE}",
        skip_on_exit_code=75,
    )
    send = BashOperator(
        task_id="send",
        bash_command=f"{NEWSBEAM} alerts send{PARTIAL_IS_FINE}",
        env={"SLACK_BOT_TOKEN": "{{ conn.newsbeam_slack.password }}"},
        append_env=True,
        skip_on_exit_code=75,
    )
    run >> send
