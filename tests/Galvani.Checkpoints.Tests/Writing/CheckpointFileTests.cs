using System.Buffers.Binary;
using System.Text;
using System.Text.Json;
using Galvani.Checkpoints.Numpy;
using Galvani.Checkpoints.Pickles;
using Galvani.Checkpoints.Tensors;
using Galvani.Checkpoints.Writing;

namespace Galvani.Checkpoints.Tests.Writing;

/// <summary>Whole files in each format: content, alignment, what a format cannot hold, streaming.</summary>
public sealed class CheckpointFileTests
{
    [Theory]
    [InlineData("x.pt", CheckpointFormat.Torch)]
    [InlineData("x.PTH", CheckpointFormat.Torch)]
    [InlineData("x.safetensors", CheckpointFormat.Safetensors)]
    [InlineData("a.b/x.npz", CheckpointFormat.Numpy)]
    public void File_KnownExtension_IsTheFormat(string path, CheckpointFormat expected) => Assert.Equal(expected, CheckpointDestination.File(path).Format);

    [Theory]
    [InlineData("x")]
    [InlineData("x.onnx")]
    public void File_OtherExtension_IsRefused(string path)
    {
        var exception = Assert.Throws<ArgumentException>(() => CheckpointDestination.File(path));
        Assert.Contains(".safetensors", exception.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("x.pt")]
    [InlineData("x.safetensors")]
    [InlineData("x.npz")]
    public void Write_Rehearsal_MeasuresTheRealFile(string name)
    {
        using var folder = new TemporaryFolder();
        using var checkpoint = Checkpoint.Open(Repository.Golden("base", "model.pt"));
        var content = CheckpointContent.Of(checkpoint.Root, checkpoint.Tensors);
        var measured = CheckpointFile.Write(CheckpointDestination.Rehearsal(folder.File(name)), content, cancellationToken: TestContext.Current.CancellationToken);
        Assert.Empty(Directory.GetFiles(folder.Root));
        var written = CheckpointFile.Write(CheckpointDestination.File(folder.File(name)), content, cancellationToken: TestContext.Current.CancellationToken);
        Assert.Equal(new FileInfo(folder.File(name)).Length, written.Bytes);
        Assert.Equal(written.Bytes, measured.Bytes);
        Assert.Equal((true, false), (measured.IsRehearsal, written.IsRehearsal));
    }

    [Fact]
    public void Write_Safetensors_IsByteForByteWhatTheFormatAsks()
    {
        using var folder = new TemporaryFolder();
        Write(folder.File("x.safetensors"), ("half", Typed(DType.Float16, 3, 0x3C00, 0x4000, 0x7C00)), ("name \"я\"", CheckpointTree.Tensor([1, 2], 2)));
        var bytes = File.ReadAllBytes(folder.File("x.safetensors"));
        var headerBytes = (int)BinaryPrimitives.ReadUInt64LittleEndian(bytes);
        Assert.Equal(0, headerBytes % 8);
        var header = Encoding.UTF8.GetString(bytes, 8, headerBytes);
        Assert.Equal(
            """{"__metadata__":{"format":"pt"},"name \"я\"":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"half":{"dtype":"F16","shape":[3],"data_offsets":[8,14]}}""",
            header.TrimEnd(' '));
        Assert.Equal(8 + headerBytes + 14, bytes.Length);
        Assert.Equal(2f, BitConverter.ToSingle(bytes, 8 + headerBytes + 4));
        Assert.Equal(0x4000, BitConverter.ToUInt16(bytes, 8 + headerBytes + 8 + 2));
    }

    [Fact]
    public void Write_SafetensorsOfAModel_HasEveryTensorAlignedAndWithoutHoles()
    {
        using var folder = new TemporaryFolder();
        using var checkpoint = Checkpoint.Open(Repository.Golden("base", "model.pt"));
        CheckpointFile.Write(CheckpointDestination.File(folder.File("x.safetensors")), CheckpointContent.Of(checkpoint.Root, checkpoint.Tensors), cancellationToken: TestContext.Current.CancellationToken);
        var bytes = File.ReadAllBytes(folder.File("x.safetensors"));
        var headerBytes = (int)BinaryPrimitives.ReadUInt64LittleEndian(bytes);
        using var header = JsonDocument.Parse(bytes.AsMemory(8, headerBytes));
        var views = checkpoint.Tensors.ToDictionary(tensor => tensor.ObjectPath.TrimStart('/').Replace('/', '.'), tensor => tensor.View);
        long end = 0;
        foreach (var entry in header.RootElement.EnumerateObject().Where(entry => entry.Name != "__metadata__"))
        {
            var offsets = entry.Value.GetProperty("data_offsets");
            Assert.Equal(end, offsets[0].GetInt64());
            Assert.Equal(0, end % 4);
            end = offsets[1].GetInt64();
            var expected = new byte[views[entry.Name].LogicalBytes];
            views[entry.Name].CopyElements(expected);
            Assert.Equal(expected, bytes[(8 + headerBytes + (int)offsets[0].GetInt64())..(8 + headerBytes + (int)end)]);
            views.Remove(entry.Name);
        }

        Assert.Empty(views);
        Assert.Equal(bytes.Length, 8 + headerBytes + end);
    }

    [Fact]
    public void Write_SharedStorageAsSafetensors_WritesEachAndSaysSo()
    {
        using var folder = new TemporaryFolder();
        var shared = CheckpointTree.Tensor([1, 2, 3, 4], 2, 2);
        var written = Write(folder.File("x.safetensors"), ("a", shared), ("b", shared));
        Assert.Contains(written.Notes, note => note.Contains("a, b shared one storage", StringComparison.Ordinal));
        Assert.EndsWith(Convert.ToHexString([.. Floats(1, 2, 3, 4), .. Floats(1, 2, 3, 4)]), Convert.ToHexString(File.ReadAllBytes(folder.File("x.safetensors"))), StringComparison.Ordinal);
    }

    [Fact]
    public void Write_StridedTensor_IsWrittenInRowMajorOrder()
    {
        using var folder = new TemporaryFolder();
        var storage = CheckpointTree.Tensor([1, 2, 3, 4, 5, 6], 6).View.Storage;
        var transposed = new PickleTensor(new TensorView(storage, 0, [3, 2], [1, 3]));
        Write(folder.File("x.npz"), ("t", transposed));
        Assert.Equal([1, 4, 2, 5, 3, 6], NpzFile.Read(folder.File("x.npz"))["t"].ToSingles());
    }

    [Fact]
    public void Write_NpzWithBFloat16_WidensExactlyAndSaysSo()
    {
        using var folder = new TemporaryFolder();
        var written = Write(folder.File("x.npz"), ("w", Typed(DType.BFloat16, 2, 0x3F80, 0xFF80)), ("flag", Typed(DType.Int16, 1, 7)));
        var arrays = NpzFile.Read(folder.File("x.npz"));
        Assert.Equal([1f, float.NegativeInfinity], arrays["w"].ToSingles());
        Assert.Equal("i2", arrays["flag"].TypeCode);
        Assert.Contains(written.Notes, note => note.Contains("1 tensor is widened to float32", StringComparison.Ordinal));
    }

    [Fact]
    public void Write_NpzWithEightBitFloats_WidensExactlyAndSaysSo()
    {
        using var folder = new TemporaryFolder();
        var tensor = CheckpointTree.Computed(DType.Float8E5M2, [3], (first, destination) => ((ReadOnlySpan<byte>)[0x3C, 0xFC, 0x01]).Slice((int)first, destination.Length).CopyTo(destination));
        var written = Write(folder.File("x.npz"), ("w", tensor));
        Assert.Equal([1f, float.NegativeInfinity, 1.52587890625e-05f], NpzFile.Read(folder.File("x.npz"))["w"].ToSingles());
        Assert.Contains(written.Notes, note => note.Contains("numpy has no float8_e5m2: 1 tensor is widened to float32", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("x.npz", DType.Complex32, "numpy does not have")]
    [InlineData("x.safetensors", DType.Bits8, "safetensors files do not hold")]
    [InlineData("x.safetensors", DType.Complex32, "safetensors files do not hold")]
    [InlineData("x.npz", DType.BComplex32, "numpy does not have")]
    [InlineData("x.safetensors", DType.BComplex32, "safetensors files do not hold")]
    public void Write_TypeTheFormatLacks_IsRefusedByName(string name, DType type, string expected)
    {
        using var folder = new TemporaryFolder();
        var exception = Assert.Throws<UnsupportedCheckpointException>(() => Write(folder.File(name), ("w", CheckpointTree.Computed(type, [1], (_, _) => { }))));
        Assert.Contains(expected, exception.Message, StringComparison.Ordinal);
        Assert.Contains(type.TorchName(), exception.Message, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFiles(folder.Root));
    }

    [Fact]
    public void Write_ReservedName_IsRefused()
    {
        using var folder = new TemporaryFolder();
        Assert.Throws<ArgumentException>(() => Write(folder.File("x.safetensors"), ("__metadata__", CheckpointTree.Tensor([1], 1))));
        Assert.Empty(Directory.GetFiles(folder.Root));
    }

    [Fact]
    public void Write_ComputedTensorFarLargerThanMemory_TakesLittle()
    {
        const long ElementCount = 300_000_000; // 1.2 GB of numbers that are nowhere
        var tensor = CheckpointTree.Computed(DType.Float32, [ElementCount], (first, destination) => destination.Fill((byte)first));
        var content = new CheckpointContent(CheckpointTree.Dictionary([new("w", tensor)]), [new("w", tensor.View)], []);
        var before = GC.GetAllocatedBytesForCurrentThread();
        var written = CheckpointFile.Write(CheckpointDestination.Rehearsal("x.safetensors"), content, cancellationToken: TestContext.Current.CancellationToken);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 4 << 20);
        Assert.True(written.Bytes > ElementCount * sizeof(float));
    }

    [Theory]
    [InlineData("x.pt")]
    [InlineData("x.safetensors")]
    [InlineData("x.npz")]
    public void Write_CancelledInTheMiddle_LeavesNothing(string name)
    {
        using var folder = new TemporaryFolder();
        using var source = new CancellationTokenSource();
        var tensor = CheckpointTree.Computed(DType.Float32, [1 << 20], (first, _) =>
        {
            if (first > 0)
                source.Cancel();
        });
        var content = new CheckpointContent(CheckpointTree.Dictionary([new("w", tensor)]), [new("w", tensor.View)], []);
        Assert.Throws<OperationCanceledException>(() => CheckpointFile.Write(CheckpointDestination.File(folder.File(name)), content, cancellationToken: source.Token));
        Assert.Empty(Directory.GetFiles(folder.Root));
    }

    [Fact]
    public void Write_Progress_EndsAtTheTotal()
    {
        var seen = new List<TransferProgress>();
        var tensor = CheckpointTree.Tensor(new float[3 << 20], 3 << 20);
        var content = new CheckpointContent(CheckpointTree.Dictionary([new("w", tensor)]), [new("w", tensor.View)], []);
        CheckpointFile.Write(CheckpointDestination.Rehearsal("x.pt"), content, new Recorder(seen), TestContext.Current.CancellationToken);
        Assert.True(seen.Count > 1);
        Assert.Equal(new TransferProgress(12 << 20, 12 << 20), seen[^1]);
    }

    private static WrittenCheckpoint Write(string path, params (string Name, PickleTensor Tensor)[] tensors)
    {
        var root = CheckpointTree.Dictionary(tensors.Select(tensor => KeyValuePair.Create(tensor.Name, (PickleValue)tensor.Tensor)));
        var content = new CheckpointContent(root, [.. tensors.Select(tensor => KeyValuePair.Create(tensor.Name, tensor.Tensor.View))], []);
        return CheckpointFile.Write(CheckpointDestination.File(path), content, cancellationToken: TestContext.Current.CancellationToken);
    }

    private static PickleTensor Typed(DType type, long count, params ushort[] bits) => CheckpointTree.Computed(type, [count], (first, destination) =>
    {
        for (var i = 0; i < destination.Length / 2; i++)
            BinaryPrimitives.WriteUInt16LittleEndian(destination[(2 * i)..], bits[first + i]);
    });

    private static byte[] Floats(params float[] values) => [.. values.SelectMany(BitConverter.GetBytes)];

    private sealed class Recorder(List<TransferProgress> seen) : IProgress<TransferProgress>
    {
        public void Report(TransferProgress value) => seen.Add(value);
    }
}
