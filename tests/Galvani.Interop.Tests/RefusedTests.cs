using System.Buffers.Binary;
using System.Text;
using Galvani.Checkpoints;

namespace Galvani.Interop.Tests;

/// <summary>What Python loads and we refuse: the list of <c>docs/formats/refused.md</c>, each with the file that shows it. Only broken or hostile writers make these.</summary>
public sealed class RefusedTests
{
    private const string Load = """
        import sys, warnings, torch, numpy, pickle
        warnings.simplefilter('ignore')
        path, loader = sys.argv[1:3]
        value = torch.load(path) if loader == 'torch' else pickle.load(open(path, 'rb')) if loader == 'pickle' else numpy.load(path)
        if loader == 'numpy' and hasattr(value, 'files'):
            value = {name: value[name] for name in value.files}
        print('loaded', type(value).__name__)
        """;

    public static TheoryData<string, string, byte[], string> Files => new()
    {
        { "bytes behind the zip", "torch", Zip(zip => zip.After = new byte[3]), "end record" },
        { "bytes between entries and directory", "torch", Zip(zip => zip.BeforeDirectory = new byte[40]), "belong to no entry" },
        { "two entries of one name", "torch", Zip(zip => zip.Add("archive/version", "3\n"u8.ToArray())), "two entries are named" },
        { "a pickle of another checksum", "torch", Torch(header => header[14] ^= 1, header => header[16] ^= 1), "checksum" },
        { "a local header of another checksum", "torch", Torch(header => header[14] ^= 1, null), "CRC" },
        { "a storage shorter than its entry", "torch", ZipBuilder.Torch(Tensor(elementCount: 2), new byte[16]).Build(), "its entry has 16" },
        { "bytes behind the old container", "torch", [.. LegacyBuilder.Tensor().Build(), 1, 2, 3], "goes on for 3 bytes" },
        { "a storage of the old container that nothing names", "torch", Unplaced(), "has no bytes in the file" },
        { "bytes behind a pickle", "pickle", [0x80, 2, (byte)'}', (byte)'.', 1], "goes on for 1 bytes" },
        { "values left on the stack", "pickle", [0x80, 2, (byte)'N', (byte)'}', (byte)'.'], "beside the result" },
        { "bytes behind an array", "numpy", [.. Array("(4,)"), .. new byte[20]], "has 20 bytes of data, its shape needs 16" },
        { "an archive of arrays with another entry", "numpy", new ZipBuilder().Add("a.npy", [.. Array("(4,)"), .. new byte[16]]).Add("b.txt", [1]).Build(), "expected names that end with .npy" },
    };

    [Theory]
    [MemberData(nameof(Files))]
    public void Open_WhatPythonLoads_IsRefused(string what, string loader, byte[] file, string expected)
    {
        Requirement.Torch();
        using var folder = new TemporaryFolder();
        File.WriteAllBytes(folder.File("x"), file);
        Assert.StartsWith("loaded", PythonScript.Run(Load, folder.File("x"), loader), StringComparison.Ordinal);
        var exception = Assert.Throws<CheckpointFormatException>(() => Checkpoint.Open(folder.File("x")));
        Assert.True(exception.Message.Contains(expected, StringComparison.Ordinal), $"{what}: {exception.Message}");
    }

    [Fact]
    public void Open_StorageOfAnotherChecksum_OpensAndFailsToVerify()
    {
        using var folder = new TemporaryFolder();
        var file = ZipBuilder.Torch(Tensor(elementCount: 4), new byte[16]).Add("archive/data/1", [1, 2, 3, 4], header => header[14] ^= 1, header => header[16] ^= 1).Build();
        File.WriteAllBytes(folder.File("x"), file);
        using (var checkpoint = Checkpoint.Open(folder.File("x")))
            Assert.Single(checkpoint.Tensors);
        var report = Checkpoints.Operations.CheckpointVerifier.Verify(folder.File("x"), cancellationToken: TestContext.Current.CancellationToken);
        Assert.Contains("was damaged", Assert.Single(report.Problems), StringComparison.Ordinal);
    }

    private static byte[] Tensor(long elementCount) => RawPickle.Of(pickle => pickle.Op('}').Text("w").Tensor("0", elementCount, 0, [2], [1]).Op('s'));

    private static byte[] Zip(Action<ZipBuilder> change)
    {
        var zip = ZipBuilder.Torch(Tensor(elementCount: 4), new byte[16]);
        change(zip);
        return zip.Build();
    }

    private static byte[] Torch(Action<byte[]> changeLocal, Action<byte[]>? changeDirectory) =>
        new ZipBuilder().Add("archive/data.pkl", Tensor(elementCount: 4), changeLocal, changeDirectory).Add("archive/data/0", new byte[16]).Add("archive/version", "3\n"u8.ToArray()).Build();

    private static byte[] Unplaced() => new LegacyBuilder
    {
        Pickle = LegacyBuilder.Tensor().Pickle,
        System = RawPickle.Of(pickle => pickle.Op("}").Text("protocol_version").Int(1001).Op('s')),
    }.Build();

    private static byte[] Array(string shape)
    {
        var header = $"{{'descr': '<f4', 'fortran_order': False, 'shape': {shape}, }}\n";
        var prefix = new byte[10];
        ((byte[])[0x93, .. "NUMPY"u8, 1, 0]).CopyTo(prefix, 0);
        BinaryPrimitives.WriteUInt16LittleEndian(prefix.AsSpan(8), (ushort)header.Length);
        return [.. prefix, .. Encoding.ASCII.GetBytes(header)];
    }
}
