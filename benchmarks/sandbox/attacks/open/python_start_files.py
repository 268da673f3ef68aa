# category: persistence
# attack: leave .pth, sitecustomize and usercustomize files
# kind: stdin
import site, sysconfig
places = [*sys.path, sysconfig.get_paths()["purelib"], site.getusersitepackages(), os.path.dirname(os.__file__)]
attempts("write", lambda path: os.open(path, os.O_WRONLY | os.O_CREAT), [os.path.join(place, name) for place in places if place for name in (INFO["mark"] + ".pth", INFO["mark"] + "_sitecustomize.py")])
