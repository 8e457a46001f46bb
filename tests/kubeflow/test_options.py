"""How a pipeline is compiled: what a file of options and the command line may say."""

import pytest

from skewgate.core.errors import InputError
from skewgate.kubeflow.compile import options, storage

GIVEN = {"target": "kubeflow", "image": "registry/skewgate:1", "pipeline_root": "minio://bucket/a"}


def load(tmp_path, text, **overrides):
    path = tmp_path / "kubeflow.yaml"
    path.write_text(text)
    return options.load(str(path), **overrides)


def test_the_command_line_counts_more_than_the_file(tmp_path):
    text = "target: vertex\nimage: a/b:1\npipeline_root: gs://bucket/a\nparameters: {data: x, n: 1}"
    found = load(tmp_path, text, image="a/b:2", parameters={"data": "y"})
    assert (found.target, found.image) == ("vertex", "a/b:2")
    assert found.parameters == {"data": "y", "n": 1}


@pytest.mark.parametrize("missing", ["target", "image", "pipeline_root"])
def test_what_must_be_given_is_asked_for(missing):
    with pytest.raises(InputError, match=f"options: {missing} is missing. Fix: give --"):
        options.load(None, **{name: value for name, value in GIVEN.items() if name != missing})


@pytest.mark.parametrize(
    ("target", "root", "problem"),
    [
        ("kubeflow", "bucket/a", "must be a URI or an absolute path, got 'bucket/a'"),
        ("kubeflow", "http://bucket/a", "gs://BUCKET/FOLDER, minio://BUCKET/FOLDER"),
        ("kubeflow", "gs:///", "got 'gs:///'"),
        ("kubeflow", "minio://bucket//a", "must name each folder, without `//`"),
        ("kubeflow", "s3://bucket/a//b/", "must name each folder, without `//`"),
        ("kubeflow", "gs:///bucket/a", "must name each folder"),
        ("vertex", "gs://bucket/a/../b", "must name each folder"),
        ("kubeflow", "s3://bucket/a?region=x", "must name each folder"),
        ("vertex", "minio://bucket/a", "must be gs://BUCKET/FOLDER or an absolute path for vertex"),
    ],
)
def test_a_root_that_the_target_cannot_reach_is_refused(target, root, problem):
    with pytest.raises(InputError, match=problem):
        options.load(None, **(GIVEN | {"target": target, "pipeline_root": root}))


@pytest.mark.parametrize("root", ["minio://bucket/a/", "s3://bucket", "gs://bucket/a.b/.c//"])
def test_a_slash_at_the_end_of_a_root_is_no_folder(root):
    assert options.load(None, **(GIVEN | {"pipeline_root": root})).pipeline_root == root


def test_a_shared_root_names_each_folder_too():
    with pytest.raises(InputError, match="shared_root must name each folder"):
        options.load(None, **GIVEN, shared_root="minio://bucket/a//state")


def test_a_local_root_that_cannot_be_written_is_refused(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="cannot be written"):
        options.load(None, **(GIVEN | {"pipeline_root": str(tmp_path / "file" / "below")}))


def test_a_local_root_may_not_exist_yet(tmp_path):
    root = str(tmp_path / "new" / "root")
    assert options.load(None, **(GIVEN | {"pipeline_root": root})).pipeline_root == root


@pytest.mark.parametrize("image", ["", "Has Blank", "-x"])
def test_an_image_that_is_none_is_refused(image):
    with pytest.raises(InputError, match="image"):
        options.load(None, **(GIVEN | {"image": image}))


def test_a_kubeflow_file_holds_no_service_account():
    with pytest.raises(InputError, match="options: service_account cannot be set in a Kubeflow"):
        options.load(None, **GIVEN, service_account="robot")


def test_an_unknown_key_is_refused_with_what_it_may_mean(tmp_path):
    with pytest.raises(InputError, match="did you mean 'retries'"):
        load(tmp_path, "retrys: {}", **GIVEN)


@pytest.mark.parametrize(
    ("memory", "gigabytes"),
    [("4Gi", 4.294967296), ("500M", 0.5), ("1500000000", 1.5), ("0.5G", 0.5), ("2k", 2e-6)],
)
def test_memory_is_given_as_kubernetes_does(memory, gigabytes):
    assert options.Resources(memory=memory).memory_gigabytes() == pytest.approx(gigabytes)


def test_memory_that_is_no_size_is_refused(tmp_path):
    with pytest.raises(InputError, match=r"resources.Trainer.memory: must be a size such as 4Gi"):
        load(tmp_path, "resources: {Trainer: {memory: 4 GB}}", **GIVEN)


@pytest.mark.parametrize(
    ("root", "mounts", "expected"),
    [
        ("gs://bucket", None, "none"),
        ("minio://bucket", None, "auto"),
        ("s3://bucket", None, "auto"),
        ("gs://bucket", "gs://=/gcs", "gs://=/gcs"),
    ],
)
def test_tfx_reads_google_storage_itself_unless_told_otherwise(root, mounts, expected):
    given = GIVEN | {"pipeline_root": root}
    assert options.load(None, **given, mounts=mounts).mounted() == expected


def test_mounts_that_are_none_are_refused():
    with pytest.raises(InputError, match="mounts: must be auto, none or pairs such as"):
        options.load(None, **GIVEN, mounts="everything")


VOLUME = {"claim": "taxi", "path": "/mnt"}


@pytest.mark.parametrize(
    ("root", "more", "expected"),
    [
        ("minio://bucket/r", {}, "minio://bucket/r"),
        ("s3://bucket", {"shared_root": "gs://other"}, "gs://other"),
        (
            "minio://bucket",
            {"shared_root": "/mnt/shared", "volumes": [storage.Volume(**VOLUME)]},
            "/mnt/shared",
        ),
    ],
)
def test_what_outlives_a_run_is_where_every_task_can_look(root, more, expected):
    assert options.load(None, **GIVEN | {"pipeline_root": root}, **more).shared() == expected


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"shared_root": "/mnt"}, "shared_root '/mnt' is not on a volume that the tasks mount"),
        (
            {"shared_root": "/other", "volumes": [storage.Volume(**VOLUME)]},
            "shared_root '/other' is not on a volume",
        ),
        ({"shared_root": "ftp://a/b"}, "shared_root must be gs://BUCKET/FOLDER, minio://"),
    ],
)
def test_a_shared_folder_that_is_gone_after_a_task_is_refused(more, said):
    with pytest.raises(InputError, match=said):
        options.load(None, **GIVEN, **more)


@pytest.mark.parametrize(
    ("root", "endpoint", "secret"),
    [
        ("minio://bucket/r", "http://minio-service.kubeflow:9000", "mlpipeline-minio-artifact"),
        ("s3://bucket/r", None, None),
    ],
)
def test_tasks_ask_the_server_that_the_root_is_on(root, endpoint, secret):
    store = options.load(None, **GIVEN | {"pipeline_root": root}).store()
    assert (store.endpoint, store.secret) == (endpoint, secret)


def test_a_root_that_tfx_reads_itself_needs_no_server():
    assert options.load(None, **GIVEN | {"pipeline_root": "gs://bucket/r"}).store() is None


@pytest.mark.parametrize(
    ("text", "endpoint", "secret"),
    [
        ("{secret: mine}", "http://minio-service.kubeflow:9000", "mine"),
        ("{endpoint: 'http://a:1'}", "http://a:1", "mlpipeline-minio-artifact"),
        ("{secret: ''}", "http://minio-service.kubeflow:9000", ""),
    ],
)
def test_what_is_not_said_of_the_server_is_as_kubeflow_has_it(tmp_path, text, endpoint, secret):
    (tmp_path / "o.yaml").write_text(f"object_store: {text}")
    store = options.load(str(tmp_path / "o.yaml"), **GIVEN).store()
    assert (store.endpoint, store.secret) == (endpoint, secret)


def test_a_server_may_be_named_where_no_root_is_on_one(tmp_path):
    (tmp_path / "o.yaml").write_text("object_store: {region: eu-west-1}")
    given = GIVEN | {"pipeline_root": "gs://bucket/r"}
    store = options.load(str(tmp_path / "o.yaml"), **given).store()
    assert (store.endpoint, store.secret, store.region) == (None, None, "eu-west-1")


def test_another_server_counts_more(tmp_path):
    (tmp_path / "o.yaml").write_text("object_store: {endpoint: 'https://seaweed:9000', secret: a}")
    store = options.load(str(tmp_path / "o.yaml"), **GIVEN).store()
    assert (store.endpoint, store.secret, store.access_key) == (
        "https://seaweed:9000",
        "a",
        "accesskey",
    )


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "object_store: {endpoint: 'seaweed:9000'}",
            "object_store.endpoint: must be the URL of a server, http://HOST:PORT, got 'seaweed",
        ),
        ("volumes: [{claim: a, path: relative}]", "volumes.0.path: must be an absolute path"),
        ("volumes: [{claim: Rows_1, path: /rows}]", "volumes.0.claim: must be the name of a claim"),
    ],
)
def test_a_store_or_volume_that_is_none_is_refused(tmp_path, text, said):
    (tmp_path / "o.yaml").write_text(text)
    with pytest.raises(InputError, match=said):
        options.load(str(tmp_path / "o.yaml"), **GIVEN)


def test_vertex_has_neither_other_stores_nor_volumes():
    given = {"target": "vertex", "image": "a/b:1", "pipeline_root": "gs://bucket/r"}
    with pytest.raises(
        InputError, match=r"volumes only works with kubeflow: Vertex AI always uses gs://"
    ):
        options.load(None, **given, volumes=[storage.Volume(**VOLUME)])


@pytest.mark.parametrize(("target", "path"), [("kubeflow", "a.json"), ("vertex", "a.yaml")])
def test_the_ending_of_the_file_must_fit_the_target(target, path):
    with pytest.raises(InputError, match=f"{target} reads "):
        options.check_ending(path, target)


DIGEST = f"registry/skewgate:1@sha256:{0xAB:064x}"


def test_only_results_of_an_image_that_can_be_no_other_are_used_again():
    assert not options.load(None, **GIVEN).caches()
    assert options.load(None, **{**GIVEN, "image": DIGEST}).caches()
    assert not options.load(None, **{**GIVEN, "image": DIGEST, "enable_cache": False}).caches()
    with pytest.raises(InputError, match=r"enable_cache needs the digest of the image, got 'regis"):
        options.load(None, **GIVEN, enable_cache=True)


@pytest.mark.parametrize("end", ["@", "@sha256:", "@sha256:" + "A" * 64, "@sha256:" + "a" * 63])
def test_what_is_no_digest_is_refused(end):
    with pytest.raises(InputError, match="image: must be an image such as"):
        options.load(None, **{**GIVEN, "image": f"registry/skewgate{end}"})
