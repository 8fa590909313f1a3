using System.Runtime.InteropServices;
using Galvani.Checkpoints;
using Galvani.Checkpoints.Tests;
using Galvani.Checkpoints.Writing;
using Galvani.Models.OpenNmt;

namespace Galvani.Tests.Models.OpenNmt;

/// <summary>Means of very many small tensors, which are made ahead in runs.</summary>
public sealed class AveragedMeansTests
{
    private const int Tensors = 3000; // more than a run has
    private const int SmallElements = 16;

    /// <summary>Between the small ones are such as are copied, have no elements, or are large; to named tensors they are written in another order.</summary>
    [Theory]
    [InlineData("x.pt")]
    [InlineData("x.safetensors")]
    public void Run_VeryManySmallDeflatedTensors_AveragesEach(string output)
    {
        using var folder = new TemporaryFolder();
        var (first, second) = (Write(folder.File("a.pt"), seed: 1), Write(folder.File("b.pt"), seed: 2));
        Run(folder, output);
        using var actual = Checkpoint.Open(folder.File(output));
        var byPath = actual.Tensors.ToDictionary(tensor => tensor.ObjectPath, tensor => tensor.View);
        Assert.Equal(Tensors, byPath.Count);
        for (var i = 0; i < Tensors; i++)
        {
            var expected = first[i].Zip(second[i], (a, b) => (float)(((double)a + b) / 2));
            Assert.Equal(expected, byPath[FormattableString.Invariant($"/t{i}")].ToSingles());
        }
    }

    [Fact]
    public void Run_BrokenTensorsAmongVeryMany_NamesTheFirst()
    {
        using var folder = new TemporaryFolder();
        Write(folder.File("a.pt"), seed: 1);
        Write(folder.File("b.pt"), seed: 2, broken: [1501, 703, 702]);
        var exception = Assert.Throws<CheckpointFormatException>(() => Run(folder, "x.pt"));
        Assert.Equal("a/data/702", exception.Entry);
        Assert.False(File.Exists(folder.File("x.pt")));
    }

    private static void Run(TemporaryFolder folder, string output) => CheckpointAverage.Run(
        [() => OpenNmtCheckpoint.Open(folder.File("a.pt")), () => OpenNmtCheckpoint.Open(folder.File("b.pt"))],
        CheckpointDestination.File(folder.File(output)),
        cancellationToken: TestContext.Current.CancellationToken);

    /// <summary>Writes a file and gives the numbers of its tensors.</summary>
    private static List<float[]> Write(string path, int seed, params int[] broken)
    {
        var random = new Random(seed);
        var numbers = new List<float[]>();
        var pickle = RawPickle.Of(tree =>
        {
            tree.Op("}(");
            for (var i = 0; i < Tensors; i++)
            {
                var count = ElementsOf(i);
                numbers.Add([.. Enumerable.Range(0, count).Select(_ => IsInteger(i) ? 1f : random.NextSingle())]);
                tree.Text(FormattableString.Invariant($"t{i}")).Tensor(FormattableString.Invariant($"{i}"), count, 0, [count], [1], IsInteger(i) ? "IntStorage" : "FloatStorage");
            }

            tree.Op('u');
        });
        var file = new ZipBuilder().Add("a/data.pkl", pickle);
        for (var i = 0; i < Tensors; i++)
        {
            var bytes = IsInteger(i) ? MemoryMarshal.AsBytes(numbers[i].Select(number => (int)number).ToArray().AsSpan()) : MemoryMarshal.AsBytes(numbers[i].AsSpan());
            file.AddDeflated(FormattableString.Invariant($"a/data/{i}"), bytes.ToArray(), changePacked: broken.Contains(i) ? packed => [0xFF, .. packed[1..]] : null);
        }

        File.WriteAllBytes(path, file.Build());
        return numbers;
    }

    private static bool IsInteger(int index) => index % 50 == 49;

    private static int ElementsOf(int index) => index % 70 == 69 ? 0 : index % 400 == 399 ? 2000 : SmallElements;
}
