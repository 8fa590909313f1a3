using System.Buffers.Binary;
using Galvani.Checkpoints.Containers;
using Galvani.Checkpoints.Operations;
using Galvani.Checkpoints.Packing;
using Galvani.Checkpoints.Pickles;
using Galvani.Checkpoints.Tensors;
using Galvani.Checkpoints.Writing;
using Galvani.Kernels;

namespace Galvani.Checkpoints.Tests.Packing;

/// <summary><c>.galvani</c> files: what is written opens as the tree it was, projections lie packed in the map, and what the documentation says is what is read.</summary>
public sealed class PackedFileTests : IDisposable
{
    private const int Width = 20;

    private readonly TemporaryFolder folder = new();

    public static TheoryData<ProductFormat> Formats => [ProductFormat.Single, ProductFormat.Int8, ProductFormat.Int8Exact];

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public void Open_FileBuiltByTheDocumentation_HasItsWeights(int format) => HostileFile.Open(new PackedBuilder { Format = format }.Build(), checkpoint =>
    {
        Assert.Equal(ContainerKind.Galvani, checkpoint.Container);
        Assert.Equal(((ProductFormat)format, "galvani 0.0.1"), (checkpoint.Packing!.Format, checkpoint.Packing.Writer));
        var view = Assert.Single(checkpoint.Tensors).View;
        var step = format == 0 ? 0 : format == 1 ? 6f / 63 : 6f / 127;
        Assert.All(view.ToSingles().Zip([1f, 2, 3, 4, 5, 6]), pair => Assert.InRange(pair.First - pair.Second, -step / 2, step / 2));
        var projection = checkpoint.Packing.Find([view])!;
        Assert.Equal((2, 3, (ProductFormat)format), (projection.Weight.OutputWidth, projection.Weight.InputWidth, projection.Weight.Format));
        Assert.Empty(CheckpointVerifier.Verify(checkpoint.FilePath, cancellationToken: TestContext.Current.CancellationToken).Problems);
    });

    [Fact]
    public void Write_SinglePrecision_OpensAsTheSameTree()
    {
        using var source = Source();
        var written = Write(source, ProductFormat.Single);
        using var packed = Checkpoint.Open(folder.File("x.galvani"));
        TreeAssert.Equal(source, packed);
        Assert.Equal((CheckpointFormat.Galvani, packed.FileBytes, 6), (written.Format, written.Bytes, written.TensorCount));
        Assert.Equal([["/model/q", "/model/k"], ["/model/tied"], ["/model/q"]], packed.Packing!.Projections.Select(projection => projection.ObjectPaths));
        Assert.All(packed.Packing.Projections, projection => Assert.Equal(projection.Tensors.SelectMany(view => view.ToSingles()), Elements(projection.Weight)));
        Assert.Null(packed.Packing.Find([Find(packed, "/model/k")]));
        Assert.Null(packed.Packing.Find([]));
    }

    [Theory]
    [MemberData(nameof(Formats))]
    public void Write_EveryFormat_VerifiesAndIsAligned(ProductFormat format)
    {
        using var source = Source();
        Write(source, format);
        using var packed = Checkpoint.Open(folder.File("x.galvani"));
        Assert.All(packed.Entries, entry => Assert.Equal(0, entry.DataOffset % 64));
        Assert.All(packed.Packing!.Projections, projection => Assert.Equal(0, packed.Entries.Single(entry => entry.Name == projection.EntryName).DataOffset % 4096));
        Assert.Empty(CheckpointVerifier.Verify(folder.File("x.galvani"), cancellationToken: TestContext.Current.CancellationToken).Problems);
        // A tensor that is kept, or shares its storage with one outside the stacks, has its own numbers; the others are those of the projection.
        Assert.Equal(Find(source, "/model/tied").ToSingles(), Find(packed, "/model/tied").ToSingles());
        Assert.Same(Find(packed, "/model/tied").Storage, Find(packed, "/model/embedding").Storage);
        Assert.Equal(format == ProductFormat.Single, Find(source, "/model/q").ToSingles().SequenceEqual(Find(packed, "/model/q").ToSingles()));
        Assert.Equal(format != ProductFormat.Single, Find(packed, "/model/q").Storage.IsDequantized);
    }

    [Theory]
    [MemberData(nameof(Formats))]
    public void Write_Rehearsal_SaysTheRealSize(ProductFormat format)
    {
        using var source = Source();
        var planned = PackedFile.Write(CheckpointDestination.Rehearsal(folder.File("x.galvani")), Plan(source, format), cancellationToken: TestContext.Current.CancellationToken);
        Assert.False(File.Exists(folder.File("x.galvani")));
        Assert.Equal(Write(source, format).Bytes, planned.Bytes);
    }

    [Fact]
    public void Write_ProgressAndCancelling_CountAndLeaveNothing()
    {
        using var source = Source();
        var reports = new List<TransferProgress>();
        using var cancelling = new CancellationTokenSource();
        PackedFile.Write(CheckpointDestination.File(folder.File("x.galvani")), Plan(source, ProductFormat.Int8), new Receiver(reports.Add), TestContext.Current.CancellationToken);
        Assert.Equal(reports[^1].TotalBytes, reports[^1].DoneBytes);
        Assert.Throws<OperationCanceledException>(() => PackedFile.Write(CheckpointDestination.File(folder.File("y.galvani")), Plan(source, ProductFormat.Int8), new Receiver(_ => cancelling.Cancel()), cancelling.Token));
        Assert.False(File.Exists(folder.File("y.galvani")));
    }

    [Fact]
    public void Write_NumberThat8BitsCannotHold_IsRefusedByName()
    {
        var bad = CheckpointTree.Tensor([1, float.NaN, 3, 4], 2, 2);
        var plan = new PackingPlan(CheckpointTree.Dictionary([new("w", bad)]), [new([bad.View], new Rows([bad.View]), ProductFormat.Int8)], new HashSet<TensorView>(), ProductFormat.Int8);
        var exception = Assert.Throws<UnsupportedCheckpointException>(() => PackedFile.Write(CheckpointDestination.File(folder.File("x.galvani")), plan, cancellationToken: TestContext.Current.CancellationToken));
        Assert.Contains("/w: output 0 has a weight that is no finite number", exception.Message, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFiles(folder.Root));
    }

    [Fact]
    public void Write_WhatDoesNotFit_IsRefused()
    {
        using var source = Source();
        Assert.Throws<ArgumentException>(() => PackedFile.Write(CheckpointDestination.File(folder.File("x.pt")), Plan(source, ProductFormat.Single), cancellationToken: TestContext.Current.CancellationToken));
        Assert.Throws<ArgumentException>(() => CheckpointFile.Write(CheckpointDestination.File(folder.File("x.galvani")), CheckpointContent.Of(source.Root, source.Tensors), cancellationToken: TestContext.Current.CancellationToken));
        Assert.Throws<ArgumentException>(() => PackedFile.Write(CheckpointDestination.File(folder.File("x.galvani")), Plan(source, ProductFormat.Int8Quads), cancellationToken: TestContext.Current.CancellationToken));
        var stranger = CheckpointTree.Tensor([1], 1, 1).View;
        var plan = Plan(source, ProductFormat.Single) with { Stacks = [new([stranger], new Rows([stranger]), ProductFormat.Single)] };
        Assert.Throws<ArgumentException>(() => PackedFile.Write(CheckpointDestination.File(folder.File("x.galvani")), plan, cancellationToken: TestContext.Current.CancellationToken));
    }

    [Fact]
    public void Write_ProjectionInQuads_TakesTheSecondVersion()
    {
        using var source = Source();
        foreach (var (format, version) in ((ProductFormat, byte)[])[(ProductFormat.Int8, 1), (ProductFormat.Int8Quads, 2)])
        {
            PackedFile.Write(CheckpointDestination.File(folder.File("x.galvani")), Plan(source, format) with { Format = ProductFormat.Int8 }, cancellationToken: TestContext.Current.CancellationToken);
            var bytes = File.ReadAllBytes(folder.File("x.galvani")).AsSpan();
            Assert.Equal([version, 0, 0, 0], bytes.Slice(bytes.IndexOf("galvani\n"u8) + 8, 4).ToArray());
            using var packed = Checkpoint.Open(folder.File("x.galvani"));
            Assert.Equal((ProductFormat.Int8, format), (packed.Packing!.Format, packed.Packing.Projections[0].Format));
            Assert.Empty(CheckpointVerifier.Verify(folder.File("x.galvani"), cancellationToken: TestContext.Current.CancellationToken).Problems);
        }
    }

    [Fact]
    public void Write_DequantizedTensors_SaysWhatTheyAre()
    {
        using var source = Source();
        Write(source, ProductFormat.Int8);
        using var packed = Checkpoint.Open(folder.File("x.galvani"));
        var copy = CheckpointFile.Write(CheckpointDestination.File(folder.File("x.pt")), CheckpointContent.Of(packed.Root, packed.Tensors), cancellationToken: TestContext.Current.CancellationToken);
        Assert.Contains("8 bits", Assert.Single(copy.Notes), StringComparison.Ordinal);
        using var plain = Checkpoint.Open(folder.File("x.pt"));
        TreeAssert.Equal(packed, plain);
    }

    [Theory]
    [InlineData(float.NaN)]
    [InlineData(-0.5f)]
    [InlineData(float.PositiveInfinity)]
    public void Weight_ScaleThatPackingDoesNotMake_IsABrokenFile(float scale)
    {
        var projection = PackedBuilder.ProjectionOf(format: 1);
        BinaryPrimitives.WriteSingleLittleEndian(projection.AsSpan(64 + 4), scale);
        HostileFile.Open(new PackedBuilder { Format = 1, Projection = projection }.Build(), checkpoint =>
        {
            var exception = Assert.Throws<CheckpointFormatException>(() => checkpoint.Packing!.Projections[0].Weight);
            Assert.Equal("archive/galvani/0", exception.Entry);
            Assert.Contains("Output 1", exception.Message, StringComparison.Ordinal);
            Assert.Throws<CheckpointFormatException>(() => checkpoint.Tensors[0].View.ToSingles());
            Assert.Contains("scale", Assert.Single(CheckpointVerifier.Verify(checkpoint.FilePath, cancellationToken: TestContext.Current.CancellationToken).Problems), StringComparison.Ordinal);
        });
    }

    [Theory]
    [InlineData(1, 87)] // beside 42
    [InlineData(3, 87)]
    [InlineData(1, -128)]
    [InlineData(2, -128)]
    public void Verify_IntegerThatPackingDoesNotMake_IsAProblem(int format, int integer)
    {
        var projection = PackedBuilder.ProjectionOf(format);
        projection[0] = (byte)integer;
        var file = format == 3 ? new PackedBuilder { Version = 2, Format = 1, ProjectionFormat = 3 } : new PackedBuilder { Format = format };
        file.Projection = projection;
        Assert.Contains("integers beyond", Problem(file), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public void Verify_TensorThatIsNotItsProjection_IsAProblem(int format)
    {
        var storage = new byte[24];
        for (var i = 0; i < 6; i++)
            BinaryPrimitives.WriteSingleLittleEndian(storage.AsSpan(4 * i), i + 1);
        var file = new PackedBuilder { Format = format, Parts = [new(2, "/w", "")], Storage = storage };
        Assert.Null(Problem(file));
        BinaryPrimitives.WriteSingleLittleEndian(storage.AsSpan(8), 2.9f);
        Assert.Contains("not that of /w", Problem(file), StringComparison.Ordinal);
    }

    private static string? Problem(PackedBuilder file) =>
        HostileFile.With(file.Build(), path => CheckpointVerifier.Verify(path, cancellationToken: TestContext.Current.CancellationToken).Problems.SingleOrDefault());

    private static TensorView Find(Checkpoint checkpoint, string path) => ((PickleTensor)checkpoint.Find(path)!).View;

    private static float[] Elements(ProductWeight weight)
    {
        var elements = new float[weight.OutputWidth * weight.InputWidth];
        weight.ReadElements(0, elements);
        return elements;
    }

    /// <summary>A stack of two, a tensor that shares its storage with one that is kept, one that is in two projections, a small one, and one of another type.</summary>
    private static PackingPlan Plan(Checkpoint source, ProductFormat format)
    {
        WeightStack Stack(params string[] names)
        {
            IReadOnlyList<TensorView> views = [.. names.Select(name => Find(source, "/model/" + name))];
            return new WeightStack(views, new Rows(views), format);
        }

        return new PackingPlan(source.Root, [Stack("q", "k"), Stack("tied"), Stack("q")], new HashSet<TensorView>(), format);
    }

    private Checkpoint Source()
    {
        var random = new Random(12);
        var embedding = Tensor(random, 33);
        var model = CheckpointTree.Dictionary([
            new("embedding", embedding), new("q", Tensor(random, Width)), new("tied", new PickleTensor(TensorView.RowMajor(embedding.View.Storage, embedding.View.Shape))),
            new("k", Tensor(random, 5)), new("bias", CheckpointTree.Tensor([1, 2, 3], 3)), new("half", CheckpointTree.Computed(DType.Float16, [2], (_, bytes) => bytes.Fill(1)))]);
        CheckpointWriter.Write(folder.File("source.pt"), CheckpointTree.Dictionary([new("opt", CheckpointTree.Text("x")), new("model", model)]), cancellationToken: TestContext.Current.CancellationToken);
        return Checkpoint.Open(folder.File("source.pt"));
    }

    private WrittenCheckpoint Write(Checkpoint source, ProductFormat format) =>
        PackedFile.Write(CheckpointDestination.File(folder.File("x.galvani")), Plan(source, format), cancellationToken: TestContext.Current.CancellationToken);

    private static PickleTensor Tensor(Random random, int rowCount) => CheckpointTree.Tensor([.. Enumerable.Range(0, rowCount * Width).Select(_ => random.NextSingle() - 0.5f)], rowCount, Width);

    private sealed class Rows(IReadOnlyList<TensorView> views) : IWeightRows
    {
        public void Read(int first, Span<float> rows) => views.SelectMany(view => view.ToSingles()).Skip(first * (int)views[0].Shape[1]).Take(rows.Length).ToArray().CopyTo(rows);
    }

    private sealed class Receiver(Action<TransferProgress> receive) : IProgress<TransferProgress>
    {
        public void Report(TransferProgress value) => receive(value);
    }
}
