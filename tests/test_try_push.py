import explorer, json, subprocess, sys, os
from tests.hub_pushes import TOKEN
def test_x(push_hub, tmp_path):
    space = explorer.embed("medicare-faq", precision="float32")
    seen=[]
    p = explorer.push_to_hub(space, "me/faq", licence="cc0-1.0", token=TOKEN, on_progress=lambda x: seen.append((x.phase,x.done)))
    print(p); print(sorted(set(seen)))
    print(push_hub.requests)
    print((push_hub.newest("me/faq")/"README.md").read_text())
    code='''
import datasets, json
rows = datasets.load_dataset("me/faq", split="train")
print(rows.features, len(rows)); print(rows[0]["question"])
'''
    r=subprocess.run([sys.executable,"-c",code],env={**os.environ,"HF_ENDPOINT":push_hub.url,"HF_TOKEN":TOKEN,"HF_HOME":str(tmp_path/"h"),"HF_HUB_DISABLE_XET":"1"},capture_output=True,text=True)
    print(r.stdout, r.stderr[-3000:]); print(push_hub.requests[-30:])
    assert 0
