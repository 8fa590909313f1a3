using Galvani.Checkpoints;
using Galvani.Checkpoints.Operations;
using Galvani.Checkpoints.Writing;

namespace Galvani.Interop.Tests;

/// <summary>Values of every kind that <c>torch.save</c> writes: Python makes the same of the file that is written here as of its own.</summary>
public sealed class RewrittenKindsTests
{
    private const string Kinds = """
        import sys, types, torch, numpy, collections, functools, datetime, pathlib, decimal, enum, re, struct
        code = '''
        import enum, torch
        class Outer:
            class Color(enum.Enum):
                RED = 1
            class Inner:
                pass
            def method(self): return self
        class Keywords:
            def __new__(cls, *a, k=0):
                self = object.__new__(cls); self.a, self.k = a, k; return self
            def __getnewargs_ex__(self): return (self.a, {'k': self.k})
        class Node:
            def __init__(self, parts): self.parts = parts
            def __reduce__(self): return (Node, (self.parts,))
        class Apply:
            def __init__(self, function): self.function = function
            def __call__(self, *a): return self.function(*a)
        class Called:
            def __reduce__(self): return (Apply(max), (3, 4))
        class Table(dict): pass
        class Special(torch.Tensor): pass
        '''
        kinds = types.ModuleType('kinds'); exec(code, kinds.__dict__); sys.modules['kinds'] = kinds
        def given(value, **attributes):
            for k, v in attributes.items(): setattr(value, k, v)
            return value
        def factory(f): return collections.defaultdict(f, {'a': 1})
        def recursive():
            pair = ([], 1); pair[0].append(pair)
            four = ([], 1, 2, 3); four[0].append(four)
            node = kinds.Node([]); node.parts.append(node)
            inner = kinds.Outer(); inner.all = frozenset([inner])
            return [pair, four, node, inner]
        def stepped(parameter):
            optimizer = torch.optim.Adam([parameter]); parameter.grad = torch.ones(3); optimizer.step(); return optimizer
        twice = bytearray(b'ab'); scalar = numpy.float64(1.5)
        def all_kinds(): return {
            'bytes': [b'', b'a\x00\xff'], 'bytearray': [bytearray(), bytearray(b'a\x00\xff'), twice, twice],
            'numpy scalars': [t(3) for t in (numpy.float16, numpy.float32, numpy.float64, numpy.int8, numpy.int64, numpy.uint64, numpy.bool_, numpy.complex64, numpy.longdouble, numpy.str_)] + [scalar, scalar, {numpy.int64(3): 1}],
            'numpy arrays': [numpy.arange(6.0).reshape(2, 3), numpy.asfortranarray(numpy.arange(6).reshape(2, 3)), numpy.array(['a', 1, None], dtype=object), numpy.dtype('f4'), numpy.float32],
            'defaultdict': [factory(f) for f in (list, int, dict, None, float, set, collections.OrderedDict, collections.Counter, functools.partial(int, '7'))] + [collections.defaultdict(list)],
            'mappings': [given(collections.OrderedDict(a=1), extra=[1]), collections.Counter('abca'), given(kinds.Table(a=1), z=2)],
            'sets': [set(), {1, 2}, frozenset(), frozenset([1]), {frozenset([1])}],
            'plain': [1 + 2j, ..., NotImplemented, slice(1, None, 2), range(1, 9, 3), 2 ** 4000, -0.0, 'a\ud800', {True: 1, None: 2, (1, 'a'): 3}],
            'library': [datetime.datetime(2020, 1, 2, tzinfo=datetime.timezone.utc), datetime.timedelta(1, 2), pathlib.PurePosixPath('/a'), decimal.Decimal('1.5'), re.RegexFlag.I, functools.partial(int, base=2)],
            'nested names': [kinds.Outer.Color.RED, kinds.Outer.Inner, kinds.Outer.Inner(), torch.nn.Module.state_dict, kinds.Outer().method],
            'calls': [kinds.Keywords(1, 2, k=3), kinds.Called()],
            'torch': [torch.device('cuda:0'), torch.float16, torch.Size([1, 2]), torch.FloatStorage, torch.arange(3.0).storage()] + ([] if old else [torch.arange(3.0).storage().untyped()]),
            'tensors': [torch.nn.Parameter(torch.ones(2)), torch.nn.Parameter(torch.ones(2), requires_grad=False), torch.ones(2, requires_grad=True), torch.eye(2).to_sparse(), torch.quantize_per_tensor(torch.ones(3), .1, 0, torch.quint8),
                given(torch.ones(2), tag='x', persistent=True), given(torch.ones(2), tag=[1]), given(torch.arange(4.0).reshape(2, 2).t().as_subclass(kinds.Special), k=1)],
            'optimizer': stepped(torch.nn.Parameter(torch.ones(3))), 'module': torch.nn.Linear(2, 2), 'recursive': recursive()}
        def same(x, y, path, seen):
            if (id(x), id(y)) in seen: return
            seen.add((id(x), id(y)))
            assert type(x) is type(y), (path, type(x), type(y))
            if isinstance(x, torch.Tensor):
                assert (x.dtype, x.shape, x.requires_grad, x.layout) == (y.dtype, y.shape, y.requires_grad, y.layout) and str(x) == str(y), path
            elif hasattr(x, 'data_ptr'):
                assert list(x) == list(y) and getattr(x, 'dtype', 0) == getattr(y, 'dtype', 0), path
            elif isinstance(x, dict):
                assert len(x) == len(y), path
                for (k, u), (l, v) in zip(x.items(), y.items()): same(k, l, path + '/key', seen); same(u, v, f'{path}/{k}', seen)
                same(getattr(x, 'default_factory', 0), getattr(y, 'default_factory', 0), path + '@factory', seen)
            elif isinstance(x, (list, tuple)):
                assert len(x) == len(y), path
                for i, (u, v) in enumerate(zip(x, y)): same(u, v, f'{path}/{i}', seen)
            elif isinstance(x, frozenset) and len(x) == 1: same(list(x), list(y), path, seen)
            elif isinstance(x, functools.partial): same((x.func, x.args, x.keywords), (y.func, y.args, y.keywords), path, seen)
            elif isinstance(x, types.MethodType): same(x.__func__, y.__func__, path, seen)
            elif isinstance(x, numpy.ndarray): assert x.dtype == y.dtype and x.strides == y.strides and x.tolist() == y.tolist(), path
            elif isinstance(x, float): assert struct.pack('d', x) == struct.pack('d', y), path
            elif not hasattr(x, '__dict__') or callable(x) or isinstance(x, enum.Enum): assert x == y or str(x) == str(y) and 'object at' not in str(x), (path, x, y)
            if hasattr(x, '__dict__') and not isinstance(x, (type, enum.Enum)) and (isinstance(x, torch.Tensor) or not hasattr(x, 'data_ptr')) and type(x).__module__ != 'builtins': same(vars(x), vars(y), path + '@', seen)
        old = 'old' in sys.argv
        """;

    [Theory]
    [InlineData("")]
    [InlineData("pickle_protocol=4")]
    [InlineData("pickle_protocol=5")]
    [InlineData("_use_new_zipfile_serialization=False", "old")]
    public void Write_EveryKindThatPythonSaves_IsWhatItWas(string option, string form = "zip")
    {
        Requirement.Torch();
        using var folder = new TemporaryFolder();
        PythonScript.Run(Kinds + $"\ntorch.save(all_kinds(), sys.argv[1], {option})", folder.File("in.pt"), form);
        using (var checkpoint = Checkpoint.Open(folder.File("in.pt")))
        {
            CheckpointWriter.Write(folder.File("out.pt"), checkpoint.Root, cancellationToken: TestContext.Current.CancellationToken);
            CheckpointWriter.Write(folder.File("copied.pt"), TreeTensors.Replace(checkpoint.Root, (_, view) => view), cancellationToken: TestContext.Current.CancellationToken);
        }

        foreach (var written in (string[])["out.pt", "copied.pt"])
            AssertSame(folder.File("in.pt"), folder.File(written), form);
    }

    private static void AssertSame(string saved, string written, string form) =>
        PythonScript.Run(Kinds + """

            a, b = torch.load(sys.argv[1]), torch.load(sys.argv[2])
            same(a, b, '', set())
            assert b['bytearray'][2] is b['bytearray'][3] and b['numpy scalars'][10] is b['numpy scalars'][11]
            pair, four, node, inner = b['recursive']
            optimizer = b['optimizer']
            assert optimizer.state[optimizer.param_groups[0]['params'][0]]['exp_avg'].tolist() == a['optimizer'].state[a['optimizer'].param_groups[0]['params'][0]]['exp_avg'].tolist()
            assert pair[0][0] is pair and four[0][0] is four and node.parts[0] is node and list(inner.all)[0] is inner
            """, saved, written, form);
}
