using System.Text;
using static Galvani.Testing.MapUnits;

namespace Galvani.Text.Tests.SentencePiece;

/// <summary>Model files that are cut or changed anywhere: only errors of format, or models that work. Those that are broken in a way of their own are in <c>tests/Hostile/tokenizers</c>.</summary>
public sealed class HostileModelTests
{
    private const string Name = "hostile.model";

    [Fact]
    public void Load_TruncatedAtEveryByte_FailsOrGivesAWorkingModel()
    {
        // A cut between fields leaves a shorter sound file when all pieces that matter are there.
        var model = ModelBuilder.Small().CharacterMap(ModelBuilder.Map([Unit(1, 0), .. new uint[255]], [0])).ToArray();
        var opened = 0;
        for (var length = 0; length < model.Length; length++)
        {
            try
            {
                SentencePieceModel.Load(model.AsSpan(0, length), Name).Encode("ab a b c");
                opened++;
            }
            catch (TokenizerFormatException exception)
            {
                Assert.InRange(exception.ByteOffset, 0, length);
            }
        }

        Assert.Equal(4, opened); // behind each of the four normal pieces
    }

    [Fact]
    public void Load_MutatedModels_NeverFailOtherwiseThanByFormat()
    {
        var sources = new[] { Golden("bpe_unused"), Golden("unigram_tsv"), Golden("bpe_denormalized"), ModelBuilder.Small().ToArray() };
        var random = new Random(20240607);
        var text = Encoding.UTF8.GetBytes("the  ab \uFB01 стр<sep> a\u0301 \u4E2D 1–2\t");
        var (opened, refused) = (0, 0);
        for (var round = 0; round < 3000; round++)
        {
            var model = Mutate((byte[])sources[round % sources.Length].Clone(), random);
            try
            {
                var loaded = SentencePieceModel.Load(model, Name);
                var encoded = loaded.Encode(text);
                loaded.DecodePieces(encoded.Pieces);
                loaded.Decode([.. encoded.Ids]);
                Assert.All(encoded.Offsets, range => Assert.InRange(range.End, range.Start, text.Length));
                opened++;
            }
            catch (TokenizerFormatException exception)
            {
                Assert.InRange(exception.ByteOffset, 0, model.Length);
                refused++;
            }
        }

        Assert.True(opened > 100 && refused > 100, $"{opened} opened, {refused} refused: the mutations miss one side");
    }

    private static byte[] Golden(string name) => File.ReadAllBytes(Repository.Golden("sentencepiece-settings", name + ".model"));

    private static byte[] Mutate(byte[] model, Random random)
    {
        for (var count = random.Next(1, 5); count > 0; count--)
        {
            var at = random.Next(model.Length);
            switch (random.Next(5))
            {
                case 0:
                    model[at] = (byte)random.Next(256);
                    break;
                case 1:
                    model[at] ^= (byte)(1 << random.Next(8));
                    break;
                case 2:
                    model[at] = 0xFF;
                    break;
                case 3:
                    model = [.. model[..at], .. model[Math.Min(model.Length, at + random.Next(1, 9))..]];
                    break;
                default:
                    model = [.. model[..at], .. model[..random.Next(0, Math.Min(16, model.Length))], .. model[at..]];
                    break;
            }

            if (model.Length == 0)
                break;
        }

        return model;
    }
}
